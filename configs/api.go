package configs

import (
	"crypto/sha256"
	"errors"
	"fmt"
)

// API is who may use the HTTP API on the network. Without tokens nobody may, and it is
// not served there.
type API struct {
	Tokens []APIToken `json:"tokens,omitempty"`
}

// The rights of a token, each with those before it.
const (
	RightsRead  = "read"  // ask
	RightsWrite = "write" // declare and change incidents, answer pages, change shifts as a person may
	RightsAdmin = "admin" // what the owner of the process may do on the command line
)

// AsAnybody as the As of a token lets each request name the person it speaks for.
const AsAnybody = "*"

// APIToken is a token for the HTTP API.
type APIToken struct {
	Name string `json:"name"`
	// TokenEnv names the environment variable that holds the token, PreviousTokenEnv
	// that of the one before it, which counts too as long as it is set.
	TokenEnv         string `json:"token_env,omitempty"`
	PreviousTokenEnv string `json:"previous_token_env,omitempty"`
	Rights           string `json:"rights,omitempty"` // read | write | admin
	// As is the person it speaks for; empty: nobody, and its own name stands on
	// timelines.
	As string `json:"as,omitempty"`
}

// APIDigests reads the tokens that the API takes and gives their SHA-256 digests, by the
// names of the configuration. All that is wrong is one error, which never holds a secret;
// what is not wrong is there all the same.
func (c *Config) APIDigests(getenv func(string) string) (map[string][][sha256.Size]byte, error) {
	out := map[string][][sha256.Size]byte{}
	var errs []error
	for _, t := range c.API.Tokens {
		for _, env := range []string{t.TokenEnv, t.PreviousTokenEnv} {
			secret, err := sharedSecret(getenv, env, env == t.PreviousTokenEnv)
			if err != nil {
				errs = append(errs, fmt.Errorf("API token %s: %w", t.Name, err))
			}
			if secret != "" {
				out[t.Name] = append(out[t.Name], sha256.Sum256([]byte(secret.Reveal())))
			}
		}
	}
	if len(errs) > 0 {
		return out, fmt.Errorf("read the tokens of the API: %w", errors.Join(errs...))
	}
	return out, nil
}

// tokens checks who may use the HTTP API.
func (k *checker) tokens() {
	k.names("token", "api.tokens", len(k.config.API.Tokens), func(i int) string { return k.config.API.Tokens[i].Name })
	taken := map[string]string{}
	for i := range k.config.API.Tokens {
		t, at := &k.config.API.Tokens[i], fmt.Sprintf("api.tokens[%d]", i)
		if t.Name != "" && !pathSafe.MatchString(t.Name) && badName(t.Name) == "" {
			k.problem(at+".name", "such as deploys", "the name stands on timelines and in logs, so it has only letters, digits, - and _: %q", clip(t.Name, 60))
		}
		k.oneOf(at+".rights", "rights", t.Rights, RightsRead, RightsWrite, RightsAdmin)
		if t.TokenEnv == "" {
			k.problem(at+".token_env", "add token_env: "+variableFor("API", t.Name), "it names no variable that holds the token")
		}
		tokens := []variable{{"token_env", t.TokenEnv}, {"previous_token_env", t.PreviousTokenEnv}}
		k.variables(at, tokens...)
		k.own(taken, at, t.Name, tokens...)
		if t.As != "" && t.As != AsAnybody {
			t.As = k.refer(&k.people, at+".as", t.As)
		}
	}
}
