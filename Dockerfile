# A static binary in an empty image, run by a user without rights.
#
#   docker build -t watchbill .
#   docker run -v watchbill-data:/data -e SLACK_BOT_TOKEN -e SLACK_APP_TOKEN watchbill
#
# docs/install.md says how to run, probe and upgrade it.

FROM golang:1.26 AS build
# CA roots, to trust Slack; time zones, newer than those in the binary.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates tzdata
WORKDIR /src
# The modules change less often than the code: they get a layer of their own.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# What `watchbill version` says: --build-arg VERSION=1.2.3
ARG VERSION=
RUN CGO_ENABLED=0 go build -tags nethttpomithttp2 -trimpath -buildvcs=false -ldflags "-s -w -X main.release=${VERSION}" -o /watchbill ./cmd/watchbill
# An empty image has no mkdir: the data directory, and one for the demo's, come from here.
RUN mkdir -m 0700 /data && mkdir -m 1777 /empty

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build /watchbill /watchbill
COPY --from=build --chown=65532:65532 /data /data
COPY --from=build --chown=65532:65532 /empty /tmp
USER 65532:65532
ENV WATCHBILL_DATA=/data WATCHBILL_HTTP=0.0.0.0:8080
VOLUME /data
EXPOSE 8080
# No HEALTHCHECK: it needs a command in the image, and there is none but watchbill.
# Probe GET /healthz and GET /readyz on port 8080 from outside.
ENTRYPOINT ["/watchbill"]
CMD ["serve"]
