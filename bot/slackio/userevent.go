package slackio

import (
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"
)

// ReadUser reads a person as events about people carry them.
func ReadUser(raw json.RawMessage) (User, error) {
	var u slack.User
	if err := json.Unmarshal(raw, &u); err != nil {
		return User{}, fmt.Errorf("decode a user: %w", err)
	}
	return userOf(u), nil
}
