package main

import (
	"cmp"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/anchor/sharing"
	"github.com/hallmark-node/hallmark/anchor/webhook"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
)

// What a node does beyond anchoring, from its settings.

// serveConfig reads how the node serves, and for how long when it ends.
func serveConfig(node settings, s *service) error {
	rate := 0
	if err := cmp.Or(node.duration("drain", &s.drain), node.number("rate", 0, &rate)); err != nil {
		return err
	}
	if s.config.Rate = float64(rate); rate == 0 {
		s.config.Rate = -1 // no limit
	}
	var err error
	if s.config.Proxies, err = node.networks("proxies"); err != nil {
		return err
	}
	if s.config.OpsPassword, err = opsPassword(node); err != nil {
		return err
	}
	s.config.Verify, err = verifyConfig(node)
	return err
}

// minOpsPassword is how short the operator's password may be: it can be tried from anywhere.
const minOpsPassword = 12

// opsPassword reads the operator's password, without the end of its line.
func opsPassword(node settings) (string, error) {
	path := node.path("ops-password")
	if path == "" {
		return "", nil
	}
	data, err := fault.ReadFile(path, 4096)
	if err != nil {
		return "", err
	}
	password := strings.TrimRight(string(data), "\r\n")
	if len(password) < minOpsPassword {
		return "", node.wrong("ops-password",
			"the password in %s has %d characters, want at least %d: as head -c 18 /dev/urandom | base64 makes it",
			path, len(password), minOpsPassword)
	}
	return password, nil
}

// verifyConfig reads whom the node trusts where it is asked for verdicts; nil: it gives none.
func verifyConfig(node settings) (*verifier.Trust, error) {
	path := node.path("verify-api")
	if path == "" {
		return nil, nil
	}
	data, err := fault.ReadFile(path, verifier.MaxTrustSize)
	if err != nil {
		return nil, err
	}
	trust, err := verifier.ParseTrust(data)
	if err == nil {
		_, err = verifier.New(verifier.Options{Trust: trust, Now: time.Now})
	}
	if err != nil {
		return nil, node.wrong("verify-api", "%s: %s", path, strings.TrimPrefix(err.Error(), "verifier: "))
	}
	return trust, nil
}

// sharesConfig is [ownConfig] for what is shared; nil if nothing is.
func sharesConfig(node settings) (*sharing.Config, error) {
	limit := node.text("shares")
	if limit == "" {
		return nil, nil
	}
	config := new(sharing.Config)
	var ok bool
	if config.Limit, ok = parseSize(limit); !ok {
		return nil, notASize(node, "shares")
	}
	if err := node.duration("shares-for", &config.For); err != nil {
		return nil, err
	}
	path := node.path("shares-trust")
	if path == "" {
		return config, nil
	}
	data, err := fault.ReadFile(path, verifier.MaxTrustSize)
	if err != nil {
		return nil, err
	}
	if config.Trust, err = verifier.ParseTrust(data); err != nil {
		return nil, node.wrong("shares-trust", "%v", err)
	}
	return config, nil
}

// webhookConfig reads who is told of what becomes final; nil: nobody.
func webhookConfig(node settings) (*webhook.Config, error) {
	path := node.path("webhook-secret-file")
	_, ok := node["webhook"]
	switch {
	case !ok && path == "":
		return nil, nil
	case !ok:
		return nil, run.Usagef("--webhook is needed: the secret of %s is for nobody", path)
	case path == "":
		return nil, run.Usagef("--webhook-secret-file is needed: without a secret the receiver could not tell who sends")
	case !issuer.IsServerURL(node.text("webhook")):
		return nil, node.wrong("webhook", "it is not the URL of a server: want http:// or https:// and a host")
	}
	lines, err := readLines(path)
	if err != nil {
		return nil, err
	}
	config := &webhook.Config{URL: node.text("webhook")}
	for _, l := range lines {
		secret, err := webhook.ParseSecret(l.text)
		if err != nil {
			return nil, node.wrong("webhook-secret-file", "%s, line %d: %v", path, l.number, err)
		}
		config.Secrets = append(config.Secrets, secret)
	}
	if len(config.Secrets) == 0 || len(config.Secrets) > maxSecrets {
		return nil, node.wrong("webhook-secret-file", "%s has %d secrets, want 1 to %d", path, len(config.Secrets), maxSecrets)
	}
	return config, nil
}

// maxSecrets bounds the secrets that sign for a webhook: one, and another while it changes.
const maxSecrets = 2
