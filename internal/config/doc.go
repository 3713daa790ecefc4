// Package config is the one configuration file for all roles: its shape, its defaults, and the checks
// on it. Unknown keys are refused. ${env:NAME} and ${file:PATH} in a value are replaced before the
// value is read, so that secrets need not be in the file; a list may be one text with commas. When the
// configuration is printed, secrets are hidden.
//
// It opens nothing: internal/connect makes clients of it, internal/roles makes roles of it.
package config
