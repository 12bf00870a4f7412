package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/watchbill/watchbill/configs"
)

// goodName, in the data directory, is a copy of the configuration with which the bot was
// started last.
const goodName = "watchbill.good.yaml"

// lastGood is the configuration that was in force before it went wrong: a machine that
// restarts at night must not be without a pager because somebody mistyped a word the day
// before. stale says what is in force instead of what. Without such a copy, what is wrong
// is the error.
func lastGood(e env, directory, file string, wrong wrongConfig) (c *configs.Config, stale string, err error) {
	path := filepath.Join(directory, goodName)
	info, err := os.Stat(path)
	if err != nil {
		return nil, "", wrong
	}
	data, err := os.ReadFile(path)
	if err != nil || len(data) == 0 {
		return nil, "", wrong
	}
	if c, err = configs.ParseToRun(data, file, e.getenv); err != nil {
		return nil, "", wrong
	}
	fmt.Fprintf(e.stderr, "watchbill serve: %v\n", wrong)
	return c, fmt.Sprintf("the configuration %s is wrong, and the one of %s is still in force: mend it (`watchbill config check` says where), and start again", file,
		info.ModTime().UTC().Format(time.RFC3339)), nil
}

// ranBefore says whether a bot was started with this data before: whoever depends on it by
// now must not be without a pager because one secret is missing.
func ranBefore(directory string) bool {
	info, err := os.Stat(filepath.Join(directory, goodName))
	return err == nil && info.Size() > 0
}

// keepGood copies a configuration that works, if it has changed. What is there is replaced
// as a whole.
func keepGood(directory, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	path := filepath.Join(directory, goodName)
	switch kept, err := os.ReadFile(path); {
	case err == nil && bytes.Equal(kept, data):
		now := time.Now()
		return os.Chtimes(path, now, now)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	part, err := os.OpenFile(path+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = part.Write(data)
	if err = errors.Join(err, part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), path)
}
