// Package configs is what an operator edits, with the defaults embedded, and the
// code that loads and checks it.
//
// The configuration is one YAML file in which everything is optional. It is read
// strictly: an unknown key, a wrong type, a name that leads nowhere is a
// [Problem] with its line, and all of them are reported at once, because whoever
// mends the file at night should have to mend it once. Secrets are never in the
// file; they come from the environment ([FromEnv]).
//
// Beside it stand the Slack app manifest, whose scopes and events say what each is
// for, a documented example, and the configuration of the demo.
package configs
