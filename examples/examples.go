// Package examples holds what the programs below it are hosted with: a configuration that explains every key, a Dockerfile, a file for Docker
// Compose, and units for systemd. The programs are in the folders beside them.
package examples

import _ "embed"

//go:embed poktbot.example.yaml
var config string

// Config returns a configuration with every key, what it means, its default and its variable in the environment. It is generated from the types
// of package bot; the optional keys are commented out.
func Config() string { return config }
