package httpd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestASecretThatIsDamagedMakesNoAddresses: with an empty one anybody could make them.
func TestASecretThatIsDamagedMakesNoAddresses(t *testing.T) {
	for name, damage := range map[string]func(file string) error{
		"empty":       func(file string) error { return os.WriteFile(file, nil, 0o600) },
		"cut":         func(file string) error { return os.Truncate(file, secretSize-1) },
		"a directory": func(file string) error { _ = os.Remove(file); return os.Mkdir(file, 0o700) },
	} {
		links := &Links{Directory: t.TempDir(), PublicURL: "https://watchbill.example.com"}
		address, err := links.URL("PAGE-7", 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := damage(filepath.Join(links.Directory, LinkSecretFile)); err != nil {
			t.Fatal(err)
		}
		next := &Links{Directory: links.Directory, PublicURL: links.PublicURL}
		if made, err := next.URL("PAGE-7", 1); err == nil || made != "" || !strings.Contains(err.Error(), "secret of links") {
			t.Errorf("%s: made %q, %v", name, made, err)
		}
		token := address[strings.LastIndex(address, "/")+1:]
		if _, _, ok := links.open(token); !ok {
			t.Errorf("%s: the life that has the secret in memory does not know its link", name)
		}
		if _, _, ok := next.open(token); ok {
			t.Errorf("%s: a link is believed without the secret", name)
		}

		feeds := &Feeds{Directory: filepath.Join(t.TempDir(), "feeds"), PublicURL: "https://watchbill.example.com"}
		if _, err := feeds.URL(PersonFeed, "dev1", false); err != nil {
			t.Fatal(err)
		}
		if err := damage(filepath.Join(feeds.Directory, secretFile)); err != nil {
			t.Fatal(err)
		}
		if made, err := (&Feeds{Directory: feeds.Directory, PublicURL: feeds.PublicURL}).URL(PersonFeed, "dev1", false); err == nil || made != "" || !strings.Contains(err.Error(), "secret of calendar feeds") {
			t.Errorf("%s: made the feed %q, %v", name, made, err)
		}
	}
}
