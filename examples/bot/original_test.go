package bot

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/golden"
)

func TestTheOriginalsConfigurationIsTakenOver(t *testing.T) {
	for name, token := range map[string]string{
		"v013.yaml": "123456789:AAsecret-token_of_the_bot", "v010.ini": "123456789:AAsecret-token", "v001.json": "", "before.ini": "", "empty.yaml": "", "hostile.json": "",
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", "original", name))
			require.NoError(t, err)
			made, err := ImportOriginal(name, text)
			require.NoError(t, err)
			assert.Equal(t, token, made.Token.Reveal())
			assert.NotContains(t, string(made.Config), "secret", "no secret is in it, nor what might be one")
			golden.Check(t, string(made.Config), filepath.Join("testdata", "original", name+".golden"))

			path := filepath.Join(t.TempDir(), ConfigName)
			require.NoError(t, made.Write(path))
			c, err := LoadConfig(path, nil)
			require.NoError(t, err)
			require.NoError(t, c.Validate())
			assert.Equal(t, token, c.Telegram.Token.Reveal())
			assert.Empty(t, c.Warnings())
			written, err := os.ReadDir(filepath.Dir(path))
			require.NoError(t, err)
			for _, file := range written {
				info, err := file.Info()
				require.NoError(t, err)
				assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), file.Name())
				assert.Contains(t, []string{ConfigName, TokenName}, file.Name(), "nothing else is left")
			}
		})
	}
}

func TestAnImportOverwritesNothing(t *testing.T) {
	made := Import{Config: []byte("zone: UTC\n"), Token: NewSecret("1:a")}
	for _, there := range []string{ConfigName, TokenName} {
		folder := t.TempDir()
		writeFile(t, filepath.Join(folder, there), "mine", 0o600)
		err := made.Write(filepath.Join(folder, ConfigName))
		require.ErrorIs(t, err, fs.ErrExist)
		assert.ErrorContains(t, err, there+": file already exists; nothing was written")
		left, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.Len(t, left, 1)
		text, err := os.ReadFile(filepath.Join(folder, there))
		require.NoError(t, err)
		assert.Equal(t, "mine", string(text))
	}
	folder := t.TempDir()
	require.NoError(t, os.Symlink("nowhere", filepath.Join(folder, ConfigName)))
	assert.ErrorIs(t, made.Write(filepath.Join(folder, ConfigName)), fs.ErrExist, "a link to nowhere is there, too")
	assert.Error(t, made.Write(filepath.Join(folder, "none", ConfigName)))
}

func TestOriginalsThatAreNoneSayWhere(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"config.toml", "", "config.toml: want a file that ends in .yaml, .ini or .json"},
		{"config.yaml", "SERVER: secret\n", "config.yaml:1: want sections of keys, such as SERVER: and nodes: below it"},
		{"config.yaml", "- secret\n", "config.yaml:1: want sections of keys"},
		{"config.yaml", "SERVER:\n\tnodes: secret\n", "config.yaml:2:1: a tab; YAML is indented with spaces"},
		{"config.yaml", "SERVER:\n  nodes: " + strings.Repeat("[", 20_000), "config.yaml:2: this is nested deeper than any key"},
		{"config.yaml", strings.Repeat("# secret\n", 1<<20), "config.yaml: larger than 4 MiB, which no configuration is"},
		{"config.json", "{\n\"SERVER\": {secret}}", "config.json:2: this is no JSON"},
		{"config.json", `{"SERVER": "secret"}`, "config.json: want an object of sections, each an object of keys"},
		{"config.json", strings.Repeat(`{"a":`, 100_000), "config.json:1: this is nested deeper than any key"},
		{"config.json", "", "config.json: "},
		{"config.ini", "nodes = secret\n", "config.ini:1: want a [SECTION], or KEY = VALUE in one"},
		{"config.ini", "[SERVER]\nsecret\n", "config.ini:2: want a [SECTION], or KEY = VALUE in one"},
		{"config.ini", "[SERVER]\nnodes = a\nnodes = secret\n", "config.ini:3: nodes is there twice"},
		{"config.ini", "[SERVER]\nnodes = \xff\n", "config.ini:2: this is not UTF-8"},
	} {
		_, err := ImportOriginal(tt.name, []byte(tt.text))
		require.ErrorContains(t, err, tt.want)
		assert.NotContains(t, err.Error(), "secret")
	}
}

func FuzzImportOriginal(f *testing.F) {
	files, err := filepath.Glob("testdata/original/*.*")
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(filepath.Ext(file), string(text))
	}
	f.Fuzz(func(t *testing.T, ending, text string) {
		made, err := ImportOriginal("config"+ending, []byte(text))
		if err != nil {
			assert.True(t, strings.HasPrefix(err.Error(), "config"), "%v says which file is wrong, and what is made of a file is never", err)
			return
		}
		c := DefaultConfig()
		require.NoError(t, c.readFile("made.yaml", made.Config))
	})
}
