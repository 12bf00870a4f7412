package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/watchbill/watchbill/bot"
	"github.com/watchbill/watchbill/configs"
	"github.com/watchbill/watchbill/storage/bolt"
)

const backupPath = "/v1/backup"

// withBackup answers on the socket in the data directory, where only its owner asks, with
// the data file as it is at one moment.
func withBackup(store *bolt.Store, log zerolog.Logger, api http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.HandleFunc("GET "+backupPath, func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).SetWriteDeadline(time.Time{}) // a large file takes its time
		out := &begun{Writer: w}
		err := store.Backup(r.Context(), out)
		if err == nil {
			return
		}
		log.Error().Err(err).Msg("backup")
		if !out.wrote {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		panic(http.ErrAbortHandler) // who reads must not take it for the end
	})
	return mux
}

// begun knows whether an answer has begun.
type begun struct {
	io.Writer
	wrote bool
}

func (b *begun) Write(p []byte) (int, error) {
	b.wrote = true
	return b.Writer.Write(p)
}

// backup copies what Watchbill knows into a new directory that a bot could run on, while
// the bot runs or not. What does not become whole is removed again, by the next backup if
// the process is killed.
func backup(ctx context.Context, e env, args []string) (err error) {
	var c common
	rest, err := flags("backup", args, c.defineHere)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return misuse("name the new directory for the copy: `watchbill backup /backup/%s`", time.Now().Format(time.DateOnly))
	}
	settings, cfg, err := setup(e, c.config)
	if err != nil {
		return err
	}
	if c.data != "" {
		settings.Directory = c.data
	}
	to, err := filepath.Abs(rest[0])
	if err != nil {
		return err
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already: name a new directory for each backup", to)
	}
	part, err := newPart(to)
	if err != nil {
		return fmt.Errorf("make a directory for the backup: %w", err)
	}
	defer part.close()
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part.path))
		}
	}()
	left, err := removeLeftParts(filepath.Dir(to))
	for _, path := range left {
		fmt.Fprintf(e.stderr, "Removed %s, which a backup left that was cut off.\n", path)
	}
	if err != nil { // it is in nobody's way
		fmt.Fprintf(e.stderr, "watchbill backup: %v\n", err)
	}
	began := time.Now()
	if err := copyData(ctx, settings.DataDirectory(cfg), part.path); err != nil {
		return err
	}
	report, err := verifiedCopy(ctx, part.path, cfg)
	if err != nil {
		return fmt.Errorf("check the copy: %w", err)
	}
	if n := len(report.Problems); n > 0 {
		return fmt.Errorf("the copy has %d problems, and so has what was copied: run `watchbill verify`, keep a copy of the data directory, and do not edit it", n)
	}
	if err := os.Rename(part.path, to); err != nil {
		return fmt.Errorf("name the backup: %w", err)
	}
	if err := syncPath(filepath.Dir(to)); err != nil {
		return fmt.Errorf("store the backup: %w", err)
	}
	if c.json {
		return json.NewEncoder(e.stdout).Encode(map[string]any{"directory": to, "as_of": began.UTC(), "records": report.Records, "events": report.Events})
	}
	_, err = fmt.Fprintf(e.stdout, "%s holds everything as of %s: %d records with %d events, and all is as it must be.\n",
		to, began.Format("2 Jan 15:04:05 MST"), report.Records, report.Events)
	return err
}

// copyData copies the data file, from the bot if it runs, and what stands beside it.
func copyData(ctx context.Context, from, to string) error {
	err := writeNew(filepath.Join(to, dataFile), func(w io.Writer) error { return copyStore(ctx, from, w) })
	if err != nil {
		return fmt.Errorf("copy %s: %w", filepath.Join(from, dataFile), err)
	}
	for _, name := range bot.BesideData() {
		if err := copyBeside(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return fmt.Errorf("copy %s: %w", filepath.Join(from, name), err)
		}
	}
	return syncPath(to)
}

// copyBeside copies a file or a directory, which may be a link to one that is mounted
// elsewhere. What is removed meanwhile is not in the copy.
func copyBeside(from, to string) error {
	root, err := filepath.EvalSymlinks(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		within, failed := filepath.Rel(root, path)
		if err = errors.Join(err, failed); err == nil {
			err = copyEntry(path, filepath.Join(to, within), d)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}

// copyEntry copies a directory without what is in it, or a file, or the one that a link
// leads to; others are none of ours.
func copyEntry(from, to string, d fs.DirEntry) error {
	if d.IsDir() {
		return os.Mkdir(to, 0o700)
	}
	info, err := os.Stat(from)
	if err != nil || !info.Mode().IsRegular() { // opening a pipe would wait for ever
		return err
	}
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	return writeNew(to, func(w io.Writer) error { _, err := io.Copy(w, f); return err })
}

// writeNew writes a file that only its owner can read, to the disk.
func writeNew(path string, write func(w io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// copyStore asks the running bot for its data file, or reads that of a stopped one.
func copyStore(ctx context.Context, directory string, w io.Writer) error {
	transport, err := running(directory)
	if err != nil {
		return err
	}
	if transport != nil {
		return copyRunning(ctx, transport, w)
	}
	path := filepath.Join(directory, dataFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return &noDataFile{path}
	}
	store, err := bolt.Open(path, bolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(store.Backup(ctx, w), store.Close())
}

func copyRunning(ctx context.Context, transport *http.Transport, w io.Writer) error {
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, localBase+backupPath, nil)
	if err != nil {
		return err
	}
	res, err := transport.RoundTrip(r)
	if err != nil {
		return fmt.Errorf("ask the running bot: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusInternalServerError {
		why, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10))
		return fmt.Errorf("the running bot answers: %s", printable(strings.TrimSpace(string(why))))
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the running bot answers %s: it may be an older release; stop it, and ask again", res.Status)
	}
	if _, err := io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("the running bot broke off: its log may say why (%w)", err)
	}
	return nil
}

// verifiedCopy does what `watchbill verify` does, on a directory that no bot runs on.
func verifiedCopy(ctx context.Context, directory string, cfg *configs.Config) (r verifyReport, err error) {
	store, err := bolt.Open(filepath.Join(directory, dataFile), bolt.Options{ReadOnly: true, Shape: bot.Shape()})
	if errors.Is(err, bolt.ErrOlder) {
		return r, errors.New("an older release wrote it, and this one cannot judge that: back it up with the older one, or copy the data directory of the stopped bot with `cp`")
	}
	if err != nil {
		return r, err
	}
	a := askHandler(bot.Offline(store, cfg, directory, versionText()), store.Close)
	r, _, err = askVerify(ctx, a)
	return r, errors.Join(err, a.close())
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
