package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dashc/dashc/lib/diagnostic"
)

const (
	// maxScrape bounds an exposition; Prometheus itself is usually told to refuse far less.
	maxScrape = 64 << 20

	// scrapeTimeout is for a whole answer; Prometheus' own default is 10 seconds.
	scrapeTimeout = 30 * time.Second
)

// acceptText asks for what Parse understands, the more telling format first.
const acceptText = openMetrics + ";version=1.0.0;q=0.9," + textFormat + ";version=0.0.4;q=0.5"

// ReadFile reads the exposition that a file holds.
func ReadFile(name string) (*Scrape, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxScrape {
		return nil, tooLarge(name)
	}
	base := filepath.Base(name)
	return Read(filepath.ToSlash(name), strings.TrimSuffix(base, filepath.Ext(base)), file)
}

// Read reads an exposition to its end. name is for findings, target names what exposes it.
func Read(name, target string, r io.Reader) (*Scrape, error) {
	return readAs(name, target, r, "")
}

func readAs(name, target string, r io.Reader, contentType string) (*Scrape, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxScrape+1))
	if err != nil {
		return nil, fmt.Errorf("%s: cannot read: %w", name, err)
	}
	if len(data) > maxScrape {
		return nil, tooLarge(name)
	}
	return Parse(name, target, data, contentType)
}

func tooLarge(name string) error {
	return diagnostic.AsError(diagnostic.Diagnostic{Rule: ruleScrape, Severity: diagnostic.Error, Position: diagnostic.Position{File: name},
		Message: fmt.Sprintf("the scrape is larger than %d MiB", maxScrape>>20),
		Hint:    "give the scrape of one process; a label with endless values (an address, an id) makes an exposition grow without end"})
}

// ReadURL scrapes an address as Prometheus would.
func ReadURL(ctx context.Context, address string) (*Scrape, error) {
	ctx, cancel := context.WithTimeout(ctx, scrapeTimeout)
	defer cancel()
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return nil, fmt.Errorf("%q is not an address; write for example http://localhost:8000/metrics", address)
	}
	name := parsed.Redacted()
	response, err := get(ctx, parsed, acceptText)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s; %s", name, response.Status, remedy(response.StatusCode))
	}
	if response.ContentLength > maxScrape {
		return nil, tooLarge(name)
	}
	return readAs(name, parsed.Host, response.Body, response.Header.Get("Content-Type"))
}

// get asks an address; its errors never show a password.
func get(ctx context.Context, address *url.URL, accept string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%s: not an address that can be asked", address.Redacted())
	}
	request.Header.Set("Accept", accept)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, unreachable(address, err)
	}
	return response, nil
}

func unreachable(address *url.URL, err error) error {
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s does not answer in time", address.Redacted())
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var dial *net.OpError
	if errors.As(err, &dial) {
		return fmt.Errorf("%s cannot be reached: %w; is it running, and is the address right?", address.Redacted(), err)
	}
	return fmt.Errorf("%s: %w", address.Redacted(), err)
}

func remedy(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return "it wants a login: write the address as http://USER:PASSWORD@HOST"
	case http.StatusNotFound:
		return "check the path of the address"
	}
	return "look into the log of what answers there"
}
