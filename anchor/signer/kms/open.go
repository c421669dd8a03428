package kms

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
	"github.com/hallmark-node/hallmark/anchor/signer/internal/signed"
	"github.com/hallmark-node/hallmark/verifier"
)

// Scheme is that of a key's URL.
const Scheme = "awskms"

// Open makes the signer for a URL awskms:///KEY[?region=R][&profile=P][&endpoint=URL], in
// which KEY is an id, an ARN or alias/NAME. The key is asked for its address, and another
// one than account is an error, unless account is zero. Region, credentials and all else
// come from where the AWS tools have them: environment, shared files, or the machine's
// role. endpoint is for VPC endpoints and tests.
func Open(ctx context.Context, u *url.URL, account verifier.Address) (chain.Signer, error) {
	key := strings.TrimPrefix(u.Path, "/")
	if u.Host != "" || u.User != nil || key == "" {
		return nil, errors.New("the key's URL is malformed: want awskms:///KEY, with three slashes")
	}
	options := []func(*config.LoadOptions) error{config.WithHTTPClient(awsHTTPClient())}
	var server string
	for name, values := range u.Query() {
		if len(values) != 1 || values[0] == "" {
			return nil, fmt.Errorf("the key's URL: %q is given more than once, or empty", endpoint.OneLine(name))
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
			server = values[0]
		default:
			return nil, fmt.Errorf("the key's URL: %q is not known: want region, profile or endpoint", endpoint.OneLine(name))
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
		if server != "" {
			o.BaseEndpoint = aws.String(server)
		}
	})
	k, err := New(ctx, client, key)
	if err != nil {
		return nil, err
	}
	if !account.IsZero() && k.address != account {
		return nil, fmt.Errorf("AWS KMS: %w", signed.Mismatch("the key is of %s, the configuration says %s", k.address, account))
	}
	return k, nil
}

// awsHTTPClient bounds a try, so that the SDK gets to try again.
func awsHTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTimeout(10 * time.Second).WithTransportOptions(func(t *http.Transport) {
		t.DialContext = (&net.Dialer{Timeout: 5 * time.Second}).DialContext
	})
}
