// Package deploy holds what runs attune beside the systems that it needs: compose.yaml and Dockerfile
// for one machine and, in the packages below, the embedded parts. Its tests check those files;
// README.md says what a check cannot see.
package deploy
