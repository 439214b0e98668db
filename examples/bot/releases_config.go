package bot

import (
	"errors"
	"net/url"
)

// Releases says where it is looked for a newer version of PoktBot. A build that is no release never looks.
type Releases struct {
	Notify bool   `yaml:"notify"` // tell that there is one
	URL    string `yaml:"url"`    // answers with what GitHub's API of releases does, PyPI's of a package, or a version alone
	Docs   string `yaml:"docs"`   // where people read about it
}

func defaultReleases() Releases {
	return Releases{
		Notify: true, URL: "https://api.github.com/repos/poktbot/poktbot/releases/latest", Docs: "https://github.com/poktbot/poktbot/releases",
	}
}

// checkReleases returns what is wrong with the configuration of releases.
func (c *Config) checkReleases() error {
	r := c.Releases
	var errs []error
	for path, text := range map[string]string{"releases.url": r.URL, "releases.docs": r.Docs} {
		u, err := url.Parse(text)
		switch {
		case text == "" && (path == "releases.docs" || !r.Notify):
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			errs = append(errs, c.fault(path, "%q is not a URL; want one such as %s", clip(text), defaultReleases().Docs))
		case u.User != nil:
			errs = append(errs, c.fault(path, "a URL with a user in it would be shown to all who are told"))
		}
	}
	return errors.Join(errs...)
}
