package main

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/watchbill/watchbill/bot/slacksim"
)

// TestARestartWithAWrongConfiguration: the one that was in force before still is, and health
// says so until the file is mended. Where there was none, the bot does not start.
func TestARestartWithAWrongConfiguration(t *testing.T) {
	t.Parallel()
	restartsWrongly(t, newWorld(t, time.Minute, slacksim.Config{}), "")
}

// TestARestartWithAWrongConfigurationThatNamesTheData: nothing else says where the copy is.
func TestARestartWithAWrongConfigurationThatNamesTheData(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Minute, slacksim.Config{})
	w.env = slices.DeleteFunc(w.env, func(v string) bool { return strings.HasPrefix(v, "WATCHBILL_DATA=") })
	restartsWrongly(t, w, "data: {directory: "+filepath.Join(w.dir, "data")+"}\n")
}

// restartsWrongly restarts a bot whose configuration says first where the data is.
func restartsWrongly(t *testing.T, w *world, first string) {
	file, good := filepath.Join(w.dir, "watchbill.yaml"), []byte(first+w.config)
	write := func(data []byte) {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	health := func() string {
		out, err := w.command("doctor")
		_ = err // it fails, because something is wrong
		return out
	}
	const stale = "is still in force"
	wrong := []byte(first + "people: [{nam: dev1}]")
	write(wrong)
	if out, err := w.command("serve"); err == nil || !strings.Contains(out, `did you mean "name"`) || strings.Contains(out, stale) {
		t.Fatalf("the first start with what is wrong: %v\n%s", err, out)
	}
	for _, life := range []struct {
		title  string
		config []byte
		stale  bool
	}{{"checkout is down", good, false}, {"search hangs", wrong, true}, {"payments fail", nil, true}, {"all is slow", good, false}} {
		if write(life.config); life.config == nil {
			if first != "" {
				continue // nothing says where the copy is
			}
			os.Remove(file)
		}
		w.start()
		w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })
		if r, err := w.sim.As("U0DEV1").Slash(w.ctx, "general", "/inc", "declare "+life.title+" --sev 2 --service checkout"); err != nil || r.Error != "" {
			t.Fatalf("declare: %v %s", err, r.Error)
		}
		w.wait("the page", func() bool { return strings.Contains(strings.Join(w.pagesTo("U0SRE1"), "\n"), life.title) })
		write(good) // the doctor reads it too
		if said := health(); strings.Contains(said, stale) != life.stale {
			t.Errorf("with %q the doctor says\n%s", life.config, said)
		}
		w.kill(syscall.SIGTERM)
	}
}

// TestACopyThatIsEmpty is no configuration: it would stand for the defaults, by which nobody
// is paged.
func TestACopyThatIsEmpty(t *testing.T) {
	dir, none := t.TempDir(), func(string) string { return "" }
	if err := os.WriteFile(filepath.Join(dir, goodName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if c, _, err := lastGood(env{getenv: none, stderr: os.Stderr}, dir, "watchbill.yaml", wrongConfig{os.ErrNotExist}); c != nil || err == nil {
		t.Errorf("an empty copy is taken: %v, %v", c, err)
	}
}

// TestARestartWithoutASecret: the integration that lacks it takes nothing, its senders are
// told to come again, a way to people is left out, and all else goes on. A first start is
// refused.
func TestARestartWithoutASecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Minute, slacksim.Config{})
	w.listenAt(freeAddress(t))
	config := w.config + "integrations: [{name: ci, source: generic, token_env: HOOK_CI}]\nnotify: {webhook: {secret_env: HOOK_OUT}}\ndead_man: {url_env: DEAD_MAN}\n"
	if err := os.WriteFile(filepath.Join(w.dir, "watchbill.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	const token = "a-token-of-monitoring"
	bare, all := w.env, []string{"HOOK_CI=" + token, "HOOK_OUT=a-secret-that-signs", "DEAD_MAN=https://dead.example.com/"}
	for n, lacks := range []string{"integration ci: HOOK_CI is not set", "notify.webhook needs the secret in HOOK_OUT", "dead_man needs the secret in DEAD_MAN"} {
		w.env = append(slices.Clip(bare), slices.Delete(slices.Clone(all), n, n+1)...)
		if out, err := w.command("serve"); err == nil || !strings.Contains(out, lacks) {
			t.Fatalf("the first start without it: %v\n%s", err, out)
		}
	}
	w.env = bare
	for _, set := range []bool{true, false} {
		env := w.env
		if set {
			w.env = append(slices.Clip(w.env), all...)
		}
		w.start()
		w.wait("the bot", func() bool { return w.sim.Sockets() == 2 })
		r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, "http://"+w.listens()+"/hooks/ci", strings.NewReader(`{"title": "it burns", "severity": "info"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if want := map[bool]int{true: http.StatusAccepted, false: http.StatusServiceUnavailable}[set]; res.StatusCode != want {
			t.Errorf("with the secret %v: it answers %d, want %d", set, res.StatusCode, want)
		}
		if r, err := w.sim.As("U0DEV1").Slash(w.ctx, "general", "/inc", "declare checkout is down --sev 2 --service checkout"); err != nil || r.Error != "" {
			t.Fatalf("declare: %v %s", err, r.Error)
		}
		said, err := w.command("doctor")
		for _, lacks := range []string{"integration ci: HOOK_CI is not set", "notify.webhook needs the secret in HOOK_OUT", "dead_man needs the secret in DEAD_MAN"} {
			if strings.Contains(said, lacks) == set || strings.Contains(said, "all else goes on, until it is set") == set {
				t.Errorf("with the secrets %v the doctor says (%v)\n%s", set, err, said)
			}
		}
		w.kill(syscall.SIGTERM)
		if kept, err := os.ReadFile(filepath.Join(w.dir, "data", goodName)); err != nil || string(kept) != config {
			t.Errorf("with the secret %v this is kept for when the configuration is wrong (%v):\n%s", set, err, kept)
		}
		w.env, config = env, config+"# what somebody changes meanwhile is right\n"
		if err := os.WriteFile(filepath.Join(w.dir, "watchbill.yaml"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
