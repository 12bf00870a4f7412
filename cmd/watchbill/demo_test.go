package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// demoCommand is the demo as a process of its own, with a temporary directory that can be
// looked into afterwards.
func demoCommand(t *testing.T, args ...string) (cmd *exec.Cmd, temporary string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	temporary = t.TempDir()
	cmd = exec.CommandContext(ctx, exe, append([]string{"demo"}, args...)...)
	cmd.Env = []string{asBinary + "=1", "TMPDIR=" + temporary, "HOME=" + temporary, "PATH=" + os.Getenv("PATH")}
	return cmd, temporary
}

func leftBehind(t *testing.T, directory string) {
	t.Helper()
	left, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		t.Errorf("%s is left behind", f.Name())
	}
}

// TestTheOutageIsPlayed plays the whole outage fast: what people saw, and the
// postmortem draft.
func TestTheOutageIsPlayed(t *testing.T) {
	t.Parallel()
	cmd, temporary := demoCommand(t, "--outage", "--headless")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	for _, want := range []string{
		"#svc-checkout\n", "ALERT-1 is resolved: 5xx rate of checkout is 12 %", "ALERT-1 fires: 5xx rate", "#incidents\n", "INC-1 SEV2 closed: checkout returns 503", "Direct messages to ", "You acknowledged PAGE-1.", "acknowledged PAGE-1 and takes command",
		"#inc-1-checkout-returns-503", "Update by ", "Resolved by ", "Postmortem draft of INC-1", "# INC-1: checkout returns 503", "deploy 4711 of checkout went out", "## Timeline",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no word of %q", want)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
	leftBehind(t, temporary)
}

// TestTheDemoStops: it prints one address, which answers, and Ctrl-C ends it and leaves
// nothing behind.
func TestTheDemoStops(t *testing.T) {
	t.Parallel()
	cmd, temporary := demoCommand(t)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var addresses, curls []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if at := strings.TrimSpace(lines.Text()); strings.HasPrefix(at, "http://127.0.0.1:") {
			addresses = append(addresses, at)
		}
		if strings.HasPrefix(strings.TrimSpace(lines.Text()), "curl ") {
			curls = append(curls, lines.Text())
		}
		if strings.Contains(lines.Text(), "Ctrl-C") {
			break
		}
	}
	if len(addresses) != 1 {
		t.Fatalf("it prints the addresses %q, want one", addresses)
	}
	answer, err := http.Get(addresses[0])
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("the page answers %s", answer.Status)
	}
	if len(curls) != 1 {
		t.Fatalf("it prints %d command lines that raise an alert, want one", len(curls))
	}
	if raised := likeCurl(t, curls[0]); !strings.Contains(raised, `"alerts":["ALERT-1"]`) {
		t.Errorf("%s answers %s", curls[0], raised)
	}
	started := time.Now()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if took := time.Since(started); took > stopWithin {
		t.Errorf("it took %s to stop", took)
	}
	leftBehind(t, temporary)
}

var curlLine = regexp.MustCompile(`^ *curl -H '(\S+): ([^']+)' -d '([^']+)' (\S+)$`)

// likeCurl does what a printed command line says, and returns the body of the answer.
func likeCurl(t *testing.T, line string) string {
	t.Helper()
	said := curlLine.FindStringSubmatch(line)
	if said == nil {
		t.Fatalf("%q is no command line that can be pasted", line)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, said[4], strings.NewReader(said[3]))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(said[1], said[2])
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
