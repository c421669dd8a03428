package signer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/verifier"
)

// Keystore unlocks an account of the user's keystore. The name is an address, or
// empty for the only one. How it comes by the password is its own affair.
type Keystore func(account string) (*chain.Key, error)

// IsService reports whether a reference names a service, and not an account of a
// keystore.
func IsService(ref string) bool { return strings.Contains(ref, "://") }

// Open makes the signer that a configuration names:
//
//	0x<address>, or nothing                    an account of the keystore
//	remote+https://HOST[:PORT]/PATH#0x<address>
//	                                           an account of a remote signer that speaks eth_signTransaction; remote+http likewise
//	awskms:///KEY[?region=R][&profile=P][&endpoint=URL][#0x<address>]
//	                                           a key of AWS KMS: its id, ARN or alias/NAME
//
// A remote signer's account is checked by what it signs. For KMS the key is asked
// for its address, and another one than that in the reference is an error; region,
// credentials and all else come from where the AWS tools have them: environment,
// shared files, or the machine's role. endpoint is for VPC endpoints and tests.
//
// The reference may hold a user and a password, and is never repeated.
func Open(ctx context.Context, ref string, keystore Keystore) (chain.Signer, error) {
	if !IsService(ref) {
		return keystore(ref)
	}
	u, err := url.Parse(ref)
	if err != nil {
		return nil, errors.New("the key is not a URL that can be read: want remote+https://HOST/#0x<address> or awskms:///KEY?region=…")
	}
	var account verifier.Address
	if u.Fragment != "" {
		if account, err = verifier.ParseAddress(u.Fragment); err != nil {
			return nil, fmt.Errorf("the account after # in the key's URL: %w", err)
		}
	}
	u.Fragment, u.RawFragment = "", ""
	switch u.Scheme {
	case "remote+https", "remote+http":
		if account.IsZero() {
			return nil, errors.New("the key's URL lacks the account: add #0x<address>")
		}
		u.Scheme = strings.TrimPrefix(u.Scheme, "remote+")
		return NewRemote(u.String(), account)
	case "awskms":
		return openKMS(ctx, u, account)
	}
	return nil, errors.New("the key's URL is of no known kind: want remote+https://, remote+http:// or awskms://")
}

func openKMS(ctx context.Context, u *url.URL, account verifier.Address) (chain.Signer, error) {
	key := strings.TrimPrefix(u.Path, "/")
	if u.Host != "" || u.User != nil || key == "" {
		return nil, errors.New("the key's URL is malformed: want awskms:///KEY, with three slashes")
	}
	options := []func(*config.LoadOptions) error{config.WithHTTPClient(awsHTTPClient())}
	var endpoint string
	for name, values := range u.Query() {
		if len(values) != 1 || values[0] == "" {
			return nil, fmt.Errorf("the key's URL: %q is given more than once, or empty", oneLine(name))
		}
		switch name {
		case "region":
			options = append(options, config.WithRegion(values[0]))
		case "profile":
			options = append(options, config.WithSharedConfigProfile(values[0]))
		case "endpoint":
			e, err := url.Parse(values[0])
			if err != nil || e.Scheme != "https" && e.Scheme != "http" || e.Host == "" || e.User != nil {
				return nil, errors.New("the key's URL: the endpoint is not an http or https URL")
			}
			endpoint = values[0]
		default:
			return nil, fmt.Errorf("the key's URL: %q is not known: want region, profile or endpoint", oneLine(name))
		}
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, errors.New("AWS KMS: the AWS configuration or its profile cannot be read")
	}
	if loaded.Region == "" {
		return nil, errors.New("AWS KMS: no region: add ?region=… to the key's URL, or set $AWS_REGION")
	}
	client := kms.NewFromConfig(loaded, func(o *kms.Options) {
		if endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
	})
	k, err := NewKMS(ctx, client, key)
	if err != nil {
		return nil, err
	}
	if !account.IsZero() && k.address != account {
		return nil, fmt.Errorf("AWS KMS: %w", mismatch("the key is of %s, the configuration says %s", k.address, account))
	}
	return k, nil
}

// awsHTTPClient bounds a try, so that the SDK gets to try again.
func awsHTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTimeout(10 * time.Second).WithTransportOptions(func(t *http.Transport) {
		t.DialContext = (&net.Dialer{Timeout: 5 * time.Second}).DialContext
	})
}

// oneLine makes a service's words fit for a log.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return text
}
