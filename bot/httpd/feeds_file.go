package httpd

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const secretFile = "secret"

// load reads the secret and the feeds once; without create, nothing is there before
// the first feed.
func (f *Feeds) load(create bool) error {
	if f.secret != nil {
		return nil
	}
	secret, err := os.ReadFile(filepath.Join(f.Directory, secretFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && !create:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		if secret, err = f.begin(); err != nil {
			return err
		}
	case err != nil:
		return fmt.Errorf("read the secret of calendar feeds: %w", err)
	case len(secret) != secretSize:
		return fmt.Errorf("read the secret of calendar feeds: %s is damaged; remove the directory %s to begin anew with other addresses", secretFile, f.Directory)
	}
	files, err := os.ReadDir(f.Directory)
	if err != nil {
		return fmt.Errorf("list calendar feeds: %w", err)
	}
	var feeds []*feed
	for _, file := range files {
		if filepath.Ext(file.Name()) != ".json" {
			continue
		}
		path := filepath.Join(f.Directory, file.Name())
		body, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read calendar feed: %w", err)
		}
		var g feed
		if err := json.Unmarshal(body, &g); err != nil {
			return fmt.Errorf("read calendar feed %s: %w", path, err)
		}
		feeds = append(feeds, &g)
	}
	f.secret, f.feeds = secret, feeds
	for _, g := range feeds {
		g.digest = sha256.Sum256([]byte(f.token(g)))
	}
	return nil
}

const secretSize = 32

func (f *Feeds) begin() ([]byte, error) {
	if err := os.MkdirAll(f.Directory, 0o700); err != nil {
		return nil, fmt.Errorf("create the directory of calendar feeds: %w", err)
	}
	secret := make([]byte, secretSize)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("make the secret of calendar feeds: %w", err)
	}
	return secret, f.put(secretFile, secret)
}

func (f *Feeds) save(g *feed) error {
	body, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("write calendar feed: %w", err)
	}
	sum := sha256.Sum256([]byte(g.Kind + "\x00" + g.Name))
	return f.put(hex.EncodeToString(sum[:12])+".json", body)
}

func (f *Feeds) put(name string, body []byte) error { return putFile(f.Directory, name, body) }

// putFile replaces a file whole; only its owner can read it.
func putFile(directory, name string, body []byte) error {
	temp, err := os.CreateTemp(directory, ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = temp.Write(body)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), filepath.Join(directory, name))
	}
	if err != nil {
		os.Remove(temp.Name())
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
