package pipeline

import "context"

// callerKey is the key of a context's caller.
type callerKey struct{}

// WithCaller names who in the process asks the cluster with ctx.
func WithCaller(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, callerKey{}, name)
}

// Caller names who in the process a call of Cluster, or of what it gives, is for: "worker 0", say, or
// "standbys". Several ask at once, sometimes for the same, and nothing else tells their requests apart. It is
// empty for calls of the group, and for those that somebody else makes.
func Caller(ctx context.Context) string {
	name, _ := ctx.Value(callerKey{}).(string)
	return name
}
