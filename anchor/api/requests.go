package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// requestMetrics count requests by route. A route is the pattern that took the
// request, so that the number of time series is bounded whatever clients ask for.
type requestMetrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

func newRequestMetrics() *requestMetrics {
	return &requestMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hallmark_http_requests_total", Help: "Requests answered, by route, method and status.",
		}, []string{"route", "method", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "hallmark_http_request_duration_seconds",
			Help:    "Time from the end of a request's headers to the end of the answer, by route; event streams are not in it.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "hallmark_http_requests_in_flight", Help: "Requests being answered, event streams included.",
		}),
	}
}

func (m *requestMetrics) register(r *prometheus.Registry) {
	r.MustRegister(m.requests, m.duration, m.inFlight)
}

// wrap counts what next answers. It has to be outermost, to see what is refused too.
func (m *requestMetrics) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.inFlight.Inc()
		begin := time.Now()
		recorder := &statusRecorder{ResponseWriter: w}
		defer func() {
			m.inFlight.Dec()
			route := routeOf(r)
			m.requests.WithLabelValues(route, methodOf(r), strconv.Itoa(recorder.code())).Inc()
			if !strings.HasSuffix(route, "/events") {
				m.duration.WithLabelValues(route).Observe(time.Since(begin).Seconds())
			}
		}()
		next.ServeHTTP(recorder, r)
	})
}

// routeOf returns the pattern that took a request, set by the ServeMux, without its
// method.
func routeOf(r *http.Request) string {
	if _, path, ok := strings.Cut(r.Pattern, " "); ok {
		return path
	}
	return "other" // refused before it came to a route, or there is none
}

func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other" // anybody can make up a method
}

// statusRecorder remembers the status of an answer.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *statusRecorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// Unwrap lets [http.ResponseController] reach the connection.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
