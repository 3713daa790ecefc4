// Package config is the one configuration file, for all roles: its shape, its defaults, and what is wrong
// with it. Unknown keys are refused. A value ${env:NAME} or ${file:PATH} is replaced before it is read, so
// that secrets need not stand in the file; printed, secrets are hidden.
//
// It opens nothing: internal/connect makes clients of it, internal/roles makes roles of it.
package config
