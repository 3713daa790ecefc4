package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Config says what is reported and where to.
type Config struct {
	// Listen is the address of /metrics, /healthz and /readyz. Empty serves none.
	Listen string `yaml:"listen"`
	// OTLPEndpoint is the URL of an OpenTelemetry collector (http://host:4318). Empty exports none.
	OTLPEndpoint string `yaml:"otlp_endpoint"`
	// TraceRatio is the share of touchpoints for which ingest begins a trace, 0 to 1. Default 0,
	// which turns tracing off: a trace costs its record a header and some ten microseconds in every
	// role. Above 0, a trace that a source has begun and sampled is always followed.
	TraceRatio float64 `yaml:"trace_ratio"`
	// LogLevel is debug, info, warn or error. Default info.
	LogLevel string `yaml:"log_level"`
	// LogFormat is text or json. Default text.
	LogFormat string `yaml:"log_format"`
}

// Validate reports every problem of the config.
func (c *Config) Validate() error {
	var errs []error
	if c.TraceRatio < 0 || c.TraceRatio > 1 {
		errs = append(errs, fmt.Errorf("telemetry.trace_ratio: %v is not between 0 and 1", c.TraceRatio))
	}
	if c.TraceRatio > 0 && c.OTLPEndpoint == "" {
		errs = append(errs, errors.New("telemetry.trace_ratio: traces go to telemetry.otlp_endpoint, which is not set"))
	}
	if c.OTLPEndpoint != "" {
		if u, err := url.Parse(c.OTLPEndpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			errs = append(errs, errors.New("telemetry.otlp_endpoint: not a URL such as http://collector:4318"))
		}
	}
	if _, err := c.level(); err != nil {
		errs = append(errs, err)
	}
	if c.LogFormat != "" && c.LogFormat != "text" && c.LogFormat != "json" {
		errs = append(errs, fmt.Errorf("telemetry.log_format: %q is not text or json", c.LogFormat))
	}
	if c.Listen != "" {
		if _, _, err := net.SplitHostPort(c.Listen); err != nil {
			errs = append(errs, fmt.Errorf("telemetry.listen: %q is not host:port", c.Listen))
		}
	}
	return errors.Join(errs...)
}

// traces says whether anything is traced.
func (c *Config) traces() bool { return c.TraceRatio > 0 && c.OTLPEndpoint != "" }

// signal is the URL of one signal: below the endpoint, as the protocol says.
func (c *Config) signal(name string) string {
	return strings.TrimSuffix(c.OTLPEndpoint, "/") + "/v1/" + name
}

func (c *Config) level() (slog.Level, error) {
	var l slog.Level
	if c.LogLevel == "" {
		return slog.LevelInfo, nil
	}
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return l, fmt.Errorf("telemetry.log_level: %q is not debug, info, warn or error", c.LogLevel)
	}
	return l, nil
}

// Logger returns the configured logger, writing to w.
func (c *Config) Logger(w io.Writer) *slog.Logger {
	level, err := c.level()
	if err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		// slog would write nanoseconds, and not say so.
		options.ReplaceAttr = func(_ []string, a slog.Attr) slog.Attr {
			if a.Value.Kind() == slog.KindDuration {
				a.Value = slog.StringValue(a.Value.Duration().String())
			}
			return a
		}
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// Telemetry holds the providers of one process and the health that it reports.
type Telemetry struct {
	Log    *slog.Logger
	Meter  metric.Meter
	Tracer trace.Tracer
	// Version is that of the program.
	Version string

	config   Config
	registry *prometheus.Registry
	meters   *sdkmetric.MeterProvider
	tracers  *sdktrace.TracerProvider
	listener net.Listener

	mu sync.Mutex
	// Checks of readiness, by name.
	checks map[string]func() error

	// Exports that failed.
	failures atomic.Int64
}

// New makes the providers and, if Config.Listen is set, opens the address. Run serves it; Close
// flushes and ends the exporters.
func New(ctx context.Context, c Config, log *slog.Logger, version string) (*Telemetry, error) {
	res := resource.NewSchemaless(attribute.String("service.name", "attune"), attribute.String("service.version", version))
	t := &Telemetry{Log: log, Version: version, config: c, registry: prometheus.NewRegistry(), checks: map[string]func() error{}}
	reader, err := otelprom.New(otelprom.WithRegisterer(t.registry), otelprom.WithoutScopeInfo())
	if err != nil {
		return nil, fmt.Errorf("prometheus exporter: %w", err)
	}
	metricOptions := []sdkmetric.Option{sdkmetric.WithResource(res), sdkmetric.WithReader(reader)}
	traceOptions := []sdktrace.TracerProviderOption{sdktrace.WithResource(res), sdktrace.WithSampler(sdktrace.AlwaysSample())} // span decides
	t.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(t.exportFailed))
	if c.OTLPEndpoint != "" {
		metrics, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(c.signal("metrics")))
		if err != nil {
			return nil, fmt.Errorf("otlp metrics to telemetry.otlp_endpoint: %w", err)
		}
		spans, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(c.signal("traces")))
		if err != nil {
			return nil, fmt.Errorf("otlp traces to telemetry.otlp_endpoint: %w", err)
		}
		metricOptions = append(metricOptions, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics)))
		traceOptions = append(traceOptions, sdktrace.WithBatcher(spans))
	}
	t.meters = sdkmetric.NewMeterProvider(metricOptions...)
	t.tracers = sdktrace.NewTracerProvider(traceOptions...)
	t.Meter = t.meters.Meter("attune")
	t.Tracer = t.tracers.Tracer("attune")
	if c.Listen != "" {
		if t.listener, err = net.Listen("tcp", c.Listen); err != nil {
			return nil, fmt.Errorf("telemetry.listen: %w; free the address or set another", err)
		}
	}
	return t, nil
}

// Addr is the address that is served, or empty.
func (t *Telemetry) Addr() string {
	if t.listener == nil {
		return ""
	}
	return t.listener.Addr().String()
}

// Gather is what /metrics would answer now.
func (t *Telemetry) Gather() ([]*dto.MetricFamily, error) { return t.registry.Gather() }

// AddCheck makes /readyz answer 503 and name as long as check returns an error.
func (t *Telemetry) AddCheck(name string, check func() error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.checks[name] = check
}

// Run serves until ctx ends.
func (t *Telemetry) Run(ctx context.Context) error {
	if t.listener == nil {
		<-ctx.Done()
		return nil
	}
	t.Log.Info("serving /metrics, /healthz and /readyz", "addr", t.Addr())
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", t.ready)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		server.Shutdown(deadline)
	})
	err := server.Serve(t.listener)
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (t *Telemetry) ready(w http.ResponseWriter, _ *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, check := range t.checks {
		if err := check(); err != nil {
			http.Error(w, name+": "+err.Error(), http.StatusServiceUnavailable)
			return
		}
	}
	fmt.Fprintln(w, "ready")
}

// Close flushes what is left to export. If the collector cannot be reached, that is only logged:
// the work of the process has not failed.
func (t *Telemetry) Close(ctx context.Context) error {
	if err := errors.Join(t.tracers.Shutdown(ctx), t.meters.Shutdown(ctx)); err != nil {
		t.Log.Warn("telemetry not exported", "err", err)
	}
	if t.listener == nil {
		return nil
	}
	if err := t.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("telemetry.listen: %w", err)
	}
	return nil
}

// exportFailed logs the first failure and then each power of two: the exporter tries again every
// few seconds.
func (t *Telemetry) exportFailed(err error) {
	if n := t.failures.Add(1); n&(n-1) == 0 {
		t.Log.Warn("telemetry not exported", "err", err, "count", n)
	}
}
