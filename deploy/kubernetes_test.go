package deploy_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	autoscalingvalidation "k8s.io/kubernetes/pkg/apis/autoscaling/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
)

const namespace = "hallmark"

// manifest is one object of deploy/kubernetes, as it is written there.
type manifest struct {
	file   string
	object runtime.Object
}

func (m manifest) String() string {
	named, err := meta.Accessor(m.object)
	if err != nil {
		return m.file
	}
	return fmt.Sprintf("%s: %T %s", m.file, m.object, named.GetName())
}

// manifests reads all of them as strictly as kubectl --validate=strict: a member that the API does not
// have, or that is there twice, fails.
func manifests(t *testing.T) (all []manifest) {
	t.Helper()
	files, err := filepath.Glob("kubernetes/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	decoder := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for r := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data))); ; {
			document, err := r.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(file, err)
			}
			object, _, err := decoder.Decode(document, nil, nil)
			if err != nil {
				t.Fatal(file, err)
			}
			all = append(all, manifest{file, object})
		}
	}
	return all
}

// TestManifests holds them against what the API server of the version in go.mod takes: its defaults
// and its validation, by its own code.
func TestManifests(t *testing.T) {
	for _, m := range manifests(t) {
		named, err := meta.Accessor(m.object)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := m.object.(*corev1.Namespace); !ok && named.GetNamespace() != namespace {
			t.Errorf("%s is in the namespace %q", m, named.GetNamespace())
		}
		defaulted := m.object.DeepCopyObject()
		legacyscheme.Scheme.Default(defaulted)
		internal, err := legacyscheme.Scheme.ConvertToVersion(defaulted, runtime.InternalGroupVersioner)
		if err != nil {
			t.Fatal(m, err)
		}
		var faults field.ErrorList
		switch o := internal.(type) {
		case *core.Namespace:
			faults = corevalidation.ValidateNamespace(o)
		case *core.ServiceAccount:
			faults = corevalidation.ValidateServiceAccount(o)
		case *core.ConfigMap:
			faults = corevalidation.ValidateConfigMap(o)
		case *core.Service:
			if o.Spec.ClusterIP != "" { // which the server copies before it validates
				o.Spec.ClusterIPs = []string{o.Spec.ClusterIP}
			}
			faults = corevalidation.ValidateServiceCreate(o)
		case *apps.Deployment:
			faults = appsvalidation.ValidateDeployment(o, corevalidation.PodValidationOptions{})
		case *policy.PodDisruptionBudget:
			faults = policyvalidation.ValidatePodDisruptionBudget(o, policyvalidation.PodDisruptionBudgetValidationOptions{})
		case *autoscaling.HorizontalPodAutoscaler:
			faults = autoscalingvalidation.ValidateHorizontalPodAutoscaler(o, autoscalingvalidation.HorizontalPodAutoscalerSpecValidationOptions{})
		case *networking.NetworkPolicy:
			faults = networkingvalidation.ValidateNetworkPolicy(o, networkingvalidation.NetworkPolicyValidationOptions{})
		default:
			t.Errorf("%s: nothing validates it", m)
		}
		for _, fault := range faults {
			t.Errorf("%s: %v", m, fault)
		}
	}
}

// deployments returns those of the manifests, by name.
func deployments(t *testing.T) map[string]*appsv1.Deployment {
	t.Helper()
	all := map[string]*appsv1.Deployment{}
	for _, m := range manifests(t) {
		if d, ok := m.object.(*appsv1.Deployment); ok {
			all[d.Name] = d
		}
	}
	if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, []string{"intake", "proxy", "serve", "write"}) {
		t.Fatalf("deployments %v", got)
	}
	return all
}

// TestManifestsFitTogether checks what validation of one object cannot see: that names and labels lead
// to something, and that everything is selected by a budget and a network policy.
func TestManifestsFitTogether(t *testing.T) {
	all := manifests(t)
	pods := map[string]corev1.PodTemplateSpec{}
	for name, d := range deployments(t) {
		pods[name] = d.Spec.Template
	}
	config, scaled, budgets := map[string]bool{}, map[string]bool{}, map[string]bool{}
	selected := func(s labels.Selector) (names []string) {
		for name, pod := range pods {
			if s.Matches(labels.Set(pod.Labels)) {
				names = append(names, name)
			}
		}
		return names
	}
	for _, m := range all {
		switch o := m.object.(type) {
		case *corev1.ConfigMap:
			config[o.Name] = true
		case *corev1.Service:
			names := selected(labels.SelectorFromSet(o.Spec.Selector))
			if len(names) != 1 || !slices.ContainsFunc(pods[names[0]].Spec.Containers[0].Ports, func(p corev1.ContainerPort) bool {
				return p.Name == o.Spec.Ports[0].TargetPort.String()
			}) {
				t.Errorf("%s leads to %v", m, names)
			}
		case *policyv1.PodDisruptionBudget:
			names := selected(labels.SelectorFromSet(o.Spec.Selector.MatchLabels))
			if len(names) != 1 || o.Spec.MaxUnavailable.IntValue() != 1 {
				t.Errorf("%s is about %v", m, names)
			}
			budgets[strings.Join(names, " ")] = true
		case *autoscalingv2.HorizontalPodAutoscaler:
			scaled[o.Spec.ScaleTargetRef.Name] = true
			if o.Spec.MaxReplicas > 8 {
				t.Errorf("%s: haproxy.cfg has 8 places", m)
			}
		case *networkingv1.NetworkPolicy:
			if len(o.Spec.PolicyTypes) != 2 {
				t.Errorf("%s leaves a direction open", m)
			}
		}
	}
	if !scaled["intake"] || !scaled["serve"] || len(scaled) != 2 {
		t.Errorf("scaled are %v, want intake and serve", scaled)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, pod := range pods {
		if !budgets[name] {
			t.Errorf("%s has no disruption budget", name)
		}
		for _, v := range pod.Spec.Volumes {
			if v.ConfigMap != nil && !config[v.ConfigMap.Name] {
				t.Errorf("%s: there is no config map %s", name, v.ConfigMap.Name)
			}
			if v.Secret != nil && !bytes.Contains(readme, []byte("secret generic "+v.Secret.SecretName)) {
				t.Errorf("%s: README.md does not say how the secret %s is made", name, v.Secret.SecretName)
			}
		}
		for _, e := range pod.Spec.Containers[0].Env {
			if e.ValueFrom == nil {
				continue
			}
			if ref := e.ValueFrom.SecretKeyRef; !bytes.Contains(readme, []byte("secret generic "+ref.Name)) ||
				!bytes.Contains(readme, []byte("--from-literal="+ref.Key+"=")) {
				t.Errorf("%s: README.md does not say how %s of the secret %s is made", name, ref.Key, ref.Name)
			}
		}
	}
	if replicas := deployments(t)["write"].Spec.Replicas; *replicas != 2 {
		t.Errorf("%d writers, want one that leads and one that waits", *replicas)
	}
}

// TestPodsAreRestricted holds them against the Pod Security Standard "restricted", which the namespace
// enforces, and against what we ask for besides.
func TestPodsAreRestricted(t *testing.T) {
	for name, d := range deployments(t) {
		pod := d.Spec.Template.Spec
		if *pod.AutomountServiceAccountToken || *pod.EnableServiceLinks {
			t.Errorf("%s is given what it does not need", name)
		}
		if s := pod.SecurityContext; !*s.RunAsNonRoot || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
			t.Errorf("%s may be root, or call the kernel as it likes", name)
		}
		for _, c := range pod.Containers {
			s := c.SecurityContext
			if *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem || !slices.Contains(s.Capabilities.Drop, "ALL") {
				t.Errorf("%s: %s has rights", name, c.Name)
			}
			if c.ReadinessProbe == nil || c.Resources.Requests.Cpu().IsZero() || c.Resources.Limits.Memory().IsZero() {
				t.Errorf("%s: %s has no probe, no request or no limit", name, c.Name)
			}
			if _, tag, ok := strings.Cut(c.Image, ":"); !ok || tag == "latest" {
				t.Errorf("%s: image %s has no version", name, c.Image)
			}
		}
		account := slices.ContainsFunc(pod.Volumes, func(v corev1.Volume) bool {
			return v.Secret != nil && v.Secret.SecretName == "hallmark-account"
		})
		if account != (name == "write") {
			t.Errorf("%s: has the account: %t", name, account)
		}
	}
}

// TestMemoryIsMeasured holds the limits against the most that a node was seen to take.
func TestMemoryIsMeasured(t *testing.T) {
	most := measured(t, "memory") // MiB
	for _, name := range []string{"intake", "serve", "write"} {
		r := deployments(t)[name].Spec.Template.Spec.Containers[0].Resources
		if request := float64(r.Requests.Memory().Value() >> 20); request < most {
			t.Errorf("%s asks for %v MiB, and %v were measured", name, request, most)
		}
		if limit := float64(r.Limits.Memory().Value() >> 20); limit < 2*most {
			t.Errorf("%s may take %v MiB, and %v were measured", name, limit, most)
		}
	}
}

// TestProxyIsTheSame holds the copy of haproxy.cfg in the manifests against the file.
func TestProxyIsTheSame(t *testing.T) {
	want, err := os.ReadFile("haproxy.cfg")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range manifests(t) {
		if c, ok := m.object.(*corev1.ConfigMap); ok && c.Name == "proxy" {
			if c.Data["haproxy.cfg"] != string(want) {
				t.Error("kubernetes/proxy.yaml has another haproxy.cfg")
			}
			return
		}
	}
	t.Error("there is no config map of the proxy")
}
