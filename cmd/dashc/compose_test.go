package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v3"
)

// docker-compose.yml is read as Docker reads it, for each environment.
func TestComposeMountsTheRenderedTrees(t *testing.T) {
	for _, environment := range append(environments, "") {
		p := compose(t, environment)
		if environment == "" {
			environment = "dev" // the default
		}
		for name, service := range p.Services {
			checkService(t, environment, name, service)
		}
		grafana := mounts(p.Services["grafana"])
		if source := grafana["/etc/grafana/provisioning"]; source != absolute(t, tree(environment, "grafana", "provisioning")) {
			t.Errorf("%s: Grafana's provisioning is %s", environment, source)
		}
		if source := grafana[providerPath(t, environment)]; source != absolute(t, tree(environment, "grafana", "dashboards")) {
			t.Errorf("%s: the provider's path %s mounts %s", environment, providerPath(t, environment), source)
		}
		if source := mounts(p.Services["prometheus"])["/etc/prometheus"]; source != absolute(t, tree(environment, "prometheus")) {
			t.Errorf("%s: Prometheus' configuration is %s", environment, source)
		}
		for name, secret := range p.Secrets {
			if _, err := os.Stat(secret.File); err != nil {
				t.Errorf("secret %s: %v", name, err)
			}
		}
		for _, file := range secretFiles(t, environment) {
			if _, ok := p.Secrets[file]; !ok {
				t.Errorf("%s: the tree reads the secret %s, which docker-compose.yml does not define", environment, file)
			}
		}
	}
}

func compose(t *testing.T, environment string) *types.Project {
	t.Helper()
	var env []string
	if environment != "" {
		env = append(env, "DASHC_ENV="+environment)
	}
	options, err := cli.NewProjectOptions([]string{filepath.Join("..", "..", "docker-compose.yml")}, cli.WithEnv(env), cli.WithResolvedPaths(true))
	if err != nil {
		t.Fatal(err)
	}
	p, err := options.LoadProject(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var pinned = regexp.MustCompile(`^[a-z/]+:v?\d+\.\d+[a-z0-9.-]*$`)

func checkService(t *testing.T, environment, name string, service types.ServiceConfig) {
	t.Helper()
	if !pinned.MatchString(service.Image) {
		t.Errorf("%s: the image %s is not pinned", name, service.Image)
	}
	if service.HealthCheck == nil {
		t.Errorf("%s has no health check", name)
	}
	for _, port := range service.Ports {
		if port.HostIP != "127.0.0.1" {
			t.Errorf("%s: port %s is bound to %q, not to 127.0.0.1", name, port.Published, port.HostIP)
		}
	}
	targets := mounts(service)
	for target, source := range targets {
		if _, err := os.Stat(source); err != nil {
			t.Errorf("%s in %s: %v", name, environment, err)
		}
		for other := range targets {
			// /var/lib/grafana is Grafana's own volume, which holds no files of ours.
			if other != target && strings.HasPrefix(other, target+"/") {
				t.Errorf("%s: the mount at %s hides a part of the one at %s", name, other, target)
			}
		}
	}
	for key, value := range service.Environment {
		if strings.Contains(key, "PASSWORD") && !strings.HasSuffix(key, "__FILE") {
			t.Errorf("%s: %s=%s is no file", name, key, *value)
		}
	}
}

// mounts returns the bind mounts of a service, target -> source.
func mounts(service types.ServiceConfig) map[string]string {
	all := map[string]string{}
	for _, volume := range service.Volumes {
		if volume.Type == types.VolumeTypeBind {
			all[volume.Target] = volume.Source
		}
	}
	return all
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func providerPath(t *testing.T, environment string) string {
	t.Helper()
	var content struct {
		Providers []struct{ Options struct{ Path string } }
	}
	readYAML(t, tree(environment, "grafana", "provisioning", "dashboards", "dashboards.yaml"), &content)
	if len(content.Providers) != 1 {
		t.Fatalf("%s: %d providers, want 1", environment, len(content.Providers))
	}
	return content.Providers[0].Options.Path
}

var secretPath = regexp.MustCompile(`/run/secrets/([a-z_]+)`)

// secretFiles returns the names of the secrets that a tree reads.
func secretFiles(t *testing.T, environment string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(tree(environment), func(path string, item os.DirEntry, err error) error {
		if err != nil || item.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, match := range secretPath.FindAllStringSubmatch(string(data), -1) {
			names = append(names, match[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// The container's entry point turns the tree's flags into the command line of Prometheus. The
// script runs here with a stand-in for the program.
func TestComposePassesTheFlagsOfTheTree(t *testing.T) {
	for _, environment := range environments {
		p := compose(t, environment)
		entrypoint := p.Services["prometheus"].Entrypoint
		script := strings.ReplaceAll(entrypoint[len(entrypoint)-1], "$$", "$")
		script = strings.ReplaceAll(script, "/etc/prometheus/flags.yaml", absolute(t, tree(environment, "prometheus", "flags.yaml")))
		script = strings.ReplaceAll(script, "exec /bin/prometheus", "printf '%s\\n'")
		output, err := exec.Command("/bin/sh", "-ec", script).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		var flags map[string]string
		data, err := os.ReadFile(tree(environment, "prometheus", "flags.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(data, &flags); err != nil || len(flags) == 0 {
			t.Fatalf("%v %v", flags, err)
		}
		for name, value := range flags {
			if !strings.Contains(string(output), "--"+name+"="+value+"\n") {
				t.Errorf("%s: %s=%s is not passed:\n%s", environment, name, value, output)
			}
		}
	}
}
