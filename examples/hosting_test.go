package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// programs are those that are hosted, as far as they are in this copy.
var programs = []string{"telegram", "discord"}

// An instruction is a line of a Dockerfile, its continuations included.
type instruction struct{ name, args string }

func instructions(t *testing.T, name string) (list []instruction) {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	joined := strings.ReplaceAll(string(text), "\\\n", " ")
	for line := range strings.Lines(joined) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		list = append(list, instruction{word, strings.Join(strings.Fields(rest), " ")})
	}
	return list
}

func TestTheImageIsOneStaticProgramThatIsNobody(t *testing.T) {
	list := instructions(t, "Dockerfile")
	known := "FROM WORKDIR COPY ARG RUN USER ENV VOLUME STOPSIGNAL HEALTHCHECK ENTRYPOINT"
	last := map[string]string{} // of the last stage
	var build string
	stages := 0
	for _, i := range list {
		assert.Contains(t, strings.Fields(known), i.name)
		if i.name == "FROM" {
			stages++
			clear(last)
		}
		if i.name == "RUN" {
			build += i.args + "\n"
			assert.Equal(t, 1, stages, "an empty image has nothing to run")
		}
		last[i.name] += i.args + "\n"
	}
	assert.Equal(t, 2, stages)
	for _, want := range []string{"CGO_ENABLED=0", "-trimpath", "./examples/$PROGRAM"} {
		assert.Contains(t, build, want)
	}
	assert.Equal(t, "scratch\n", last["FROM"])
	assert.Equal(t, "65532:65532\n", last["USER"])
	assert.Equal(t, "/data\n", last["VOLUME"])
	assert.Equal(t, "/data\n", last["WORKDIR"], "where the database is by default")
	assert.Equal(t, "[\"/poktbot\"]\n", last["ENTRYPOINT"], "without a shell signals reach the program")
	assert.Regexp(t, `CMD \["/poktbot", "-health"\]\n$`, last["HEALTHCHECK"])
	assert.Contains(t, last["COPY"], "/etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt")
	for copied := range strings.Lines(last["COPY"]) {
		assert.True(t, strings.HasPrefix(copied, "--from=build "), "%s: nothing of the repository but the program", copied)
	}
	first := strings.Index(build, "go mod download")
	assert.Less(t, first, strings.Index(build, "go build"), "modules are kept apart from what changes often")
}

func TestNoSecretIsBuiltIntoTheImage(t *testing.T) {
	text, err := os.ReadFile("Dockerfile.dockerignore")
	require.NoError(t, err)
	for _, name := range []string{"*.db", "poktbot.yaml", "*-token", ".env", "database-url", "database-password"} {
		assert.Contains(t, string(text), "**/"+name+"\n")
	}
}

type composeService struct {
	User        string            `yaml:"user"`
	Profiles    []string          `yaml:"profiles"`
	Image       string            `yaml:"image"`
	Restart     string            `yaml:"restart"`
	ReadOnly    bool              `yaml:"read_only"`
	Privileged  bool              `yaml:"privileged"`
	CapDrop     []string          `yaml:"cap_drop"`
	CapAdd      []string          `yaml:"cap_add"`
	SecurityOpt []string          `yaml:"security_opt"`
	Tmpfs       []string          `yaml:"tmpfs"`
	Ports       []string          `yaml:"ports"`
	Secrets     []string          `yaml:"secrets"`
	Environment map[string]string `yaml:"environment"`
	Networks    []string          `yaml:"networks"`
	Volumes     []any             `yaml:"volumes"`
	Healthcheck struct {
		Test     []string `yaml:"test"`
		Interval string   `yaml:"interval"`
		Timeout  string   `yaml:"timeout"`
		Start    string   `yaml:"start_period"`
		Retries  int      `yaml:"retries"`
	} `yaml:"healthcheck"`
	Build *struct {
		Context    string            `yaml:"context"`
		Dockerfile string            `yaml:"dockerfile"`
		Args       map[string]string `yaml:"args"`
	} `yaml:"build"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
		Required  bool   `yaml:"required"`
	} `yaml:"depends_on"`
	Grace   string         `yaml:"stop_grace_period"`
	Pids    int            `yaml:"pids_limit"`
	Shm     string         `yaml:"shm_size"`
	Logging map[string]any `yaml:"logging"`
}

type composeFile struct {
	Name     string                    `yaml:"name"`
	Services map[string]composeService `yaml:"services"`
	Secrets  map[string]struct {
		File string `yaml:"file"`
	} `yaml:"secrets"`
	Networks map[string]struct {
		Internal bool `yaml:"internal"`
	} `yaml:"networks"`
	Volumes map[string]any `yaml:"volumes"`
}

func TestComposeRunsTheBotWithNothingThatItDoesNotNeed(t *testing.T) {
	text, err := os.ReadFile("compose.yaml")
	require.NoError(t, err)
	var file composeFile
	require.NoError(t, yaml.UnmarshalWithOptions(text, &file, yaml.Strict()), "no key is misspelt")
	for name, s := range file.Services {
		t.Run(name, func(t *testing.T) {
			assert.True(t, s.ReadOnly)
			assert.False(t, s.Privileged)
			assert.Equal(t, []string{"ALL"}, s.CapDrop)
			assert.Empty(t, s.CapAdd)
			assert.Equal(t, []string{"no-new-privileges:true"}, s.SecurityOpt)
			assert.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, s.User, "it is not root")
			assert.Equal(t, "unless-stopped", s.Restart)
			assert.Empty(t, s.Ports, "it opens no port")
			assert.True(t, strings.HasPrefix(s.Tmpfs[0], "/tmp:"))
			require.NotEmpty(t, s.Healthcheck.Test)
			assert.Equal(t, "CMD", s.Healthcheck.Test[0], "without a shell")
			for _, secret := range s.Secrets {
				assert.Contains(t, file.Secrets, secret)
			}
			for _, network := range s.Networks {
				assert.Contains(t, file.Networks, network)
			}
			for variable, value := range s.Environment {
				if regexp.MustCompile(`TOKEN|PASSWORD|DATABASE`).MatchString(variable) {
					assert.True(t, strings.HasSuffix(variable, "_FILE"), "%s: secrets are in files", variable)
					assert.Regexp(t, `^(/run/secrets/.*|\$\{.*:-\})$`, value)
				}
			}
			named := 0
			for _, volume := range s.Volumes {
				if text, ok := volume.(string); ok {
					from, _, _ := strings.Cut(text, ":")
					assert.Contains(t, file.Volumes, from)
					named++
				}
			}
			assert.Equal(t, 1, named, "all that is kept is in one volume")
		})
	}
	bot, database := file.Services["bot"], file.Services["database"]
	assert.Empty(t, bot.Profiles)
	assert.Equal(t, []string{"/poktbot", "-health"}, bot.Healthcheck.Test[1:])
	assert.Equal(t, "65532:65532", bot.User, "as in the Dockerfile")
	assert.Equal(t, "/config/poktbot.yaml", bot.Environment["POKTBOT_CONFIG"])
	assert.Contains(t, bot.Volumes, any(map[string]any{
		"type": "bind", "source": "./config", "target": "/config", "read_only": true, "bind": map[string]any{"create_host_path": false},
	}), "the folder, so that an edited file is seen")
	require.NotNil(t, bot.Build)
	assert.Equal(t, "telegram", bot.Build.Args["PROGRAM"])
	assert.FileExists(t, filepath.Join(bot.Build.Context, bot.Build.Dockerfile))
	assert.Equal(t, []string{"postgres"}, database.Profiles)
	assert.False(t, bot.DependsOn["database"].Required, "the bot runs alone, too")
	assert.Equal(t, "service_healthy", bot.DependsOn["database"].Condition)
	assert.Equal(t, []string{"inside"}, database.Networks)
	assert.True(t, file.Networks["inside"].Internal, "nobody outside reaches the database, and it nobody")
}

// A unit is what a file of systemd says: the values of each key of a section.
type unit map[string][]string

func readUnit(t *testing.T, name string) unit {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	u, section := unit{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		default:
			key, value, ok := strings.Cut(line, "=")
			require.True(t, ok, "%s: %s", name, line)
			u[section+"."+key] = append(u[section+"."+key], value)
		}
	}
	return u
}

func TestUnitsGiveTheProgramLittle(t *testing.T) {
	for _, program := range programs {
		u := readUnit(t, "poktbot-"+program+".service")
		for key, want := range map[string]string{
			"Service.DynamicUser": "yes", "Service.StateDirectory": "poktbot-" + program, "Service.StateDirectoryMode": "0700",
			"Service.WorkingDirectory": "%S/poktbot-" + program, "Service.UMask": "0077",
			"Service.ProtectSystem": "strict", "Service.ProtectHome": "yes", "Service.NoNewPrivileges": "yes", "Service.PrivateTmp": "yes",
			"Service.CapabilityBoundingSet": "", "Service.MemoryDenyWriteExecute": "yes", "Service.SystemCallFilter": "@system-service",
			"Service.ExecStart":      "/usr/local/bin/poktbot-" + program + " -config /etc/poktbot/" + program + ".yaml",
			"Service.ExecReload":     "/bin/kill -HUP $MAINPID",
			"Service.LoadCredential": program + "-token:/etc/poktbot/" + program + "-token",
			"Service.Restart":        "always", "Service.RestartPreventExitStatus": "2", "Service.TimeoutStopSec": "30", "Install.WantedBy": "multi-user.target",
		} {
			assert.Equal(t, []string{want}, u[key], key)
		}
		assert.Contains(t, u["Service.Environment"], "POKTBOT_"+strings.ToUpper(program)+"_TOKEN_FILE=%d/"+program+"-token")
	}
	first, err := os.ReadFile("poktbot-telegram.service")
	require.NoError(t, err)
	second, err := os.ReadFile("poktbot-discord.service")
	require.NoError(t, err)
	assert.Equal(t, strings.NewReplacer("telegram", "discord", "Telegram", "Discord", "TELEGRAM", "DISCORD").Replace(string(first)), string(second), "they differ in the name")
}

func TestUnitsAreWhatSystemdTakes(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze here")
	}
	version, err := exec.Command(analyze, "--version").Output()
	require.NoError(t, err)
	if number := regexp.MustCompile(`^systemd (\d+)`).FindSubmatch(version); number == nil || len(number[1]) < 3 || string(number[1]) < "250" {
		t.Skipf("the units want systemd 250 or newer: %.20s", version)
	}
	stand, err := exec.LookPath("true") // in place of the program, which is not installed
	require.NoError(t, err)
	for _, program := range programs {
		text, err := os.ReadFile("poktbot-" + program + ".service")
		require.NoError(t, err)
		installed := filepath.Join(t.TempDir(), "poktbot-"+program+".service")
		require.NoError(t, os.WriteFile(installed, []byte(strings.ReplaceAll(string(text), "/usr/local/bin/poktbot-"+program, stand)), 0o600))
		out, err := exec.Command(analyze, "verify", "--man=no", "--recursive-errors=no", installed).CombinedOutput()
		assert.NoError(t, err, "%s", out)
		for _, complaint := range []string{"Unknown", "Failed", "Invalid", "ignoring"} {
			assert.NotContains(t, string(out), complaint)
		}
	}
}

func TestTheProgramsThatAreHostedAreThere(t *testing.T) {
	for _, program := range programs {
		if _, err := os.Stat(program); err != nil {
			t.Skipf("%s is not in this copy", program)
		}
		assert.FileExists(t, filepath.Join(program, "main.go"))
	}
}
