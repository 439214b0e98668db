package xlsx

import (
	"cmp"
	"encoding/xml"
	"io"
	"slices"
)

const typesPart = "[Content_Types].xml"

// A sortedTypes writes the part that says what type each part has, with its entries in order: excelize keeps some in a map, and
// equal tables should make equal files. It takes the part whole, as excelize writes it.
type sortedTypes struct{ to io.Writer }

type contentTypes struct {
	XMLName  xml.Name      `xml:"http://schemas.openxmlformats.org/package/2006/content-types Types"`
	Default  []contentType `xml:"Default"`
	Override []contentType `xml:"Override"`
}

type contentType struct {
	Extension   string `xml:"Extension,attr,omitempty"`
	PartName    string `xml:"PartName,attr,omitempty"`
	ContentType string `xml:"ContentType,attr"`
}

func (s sortedTypes) Write(p []byte) (int, error) {
	var types contentTypes
	if err := xml.Unmarshal(p, &types); err != nil {
		return 0, err
	}
	for _, list := range [][]contentType{types.Default, types.Override} {
		slices.SortStableFunc(list, func(a, b contentType) int {
			return cmp.Or(cmp.Compare(a.Extension, b.Extension), cmp.Compare(a.PartName, b.PartName))
		})
	}
	text, err := xml.Marshal(types)
	if err != nil {
		return 0, err
	}
	if _, err := s.to.Write(append([]byte(xml.Header), text...)); err != nil {
		return 0, err
	}
	return len(p), nil
}
