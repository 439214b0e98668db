package pockettest

import "encoding/binary"

// A protobuf message is built field by field; its fields with the zero value are left out, as proto3 does.
type protobuf []byte

func (p protobuf) number(field int, n uint64) protobuf {
	if n == 0 {
		return p
	}
	return binary.AppendUvarint(binary.AppendUvarint(p, uint64(field)<<3), n)
}

func (p protobuf) text(field int, s string) protobuf {
	if s == "" {
		return p
	}
	return p.message(field, protobuf(s))
}

// message adds another message, even an empty one.
func (p protobuf) message(field int, m protobuf) protobuf {
	p = binary.AppendUvarint(binary.AppendUvarint(p, uint64(field)<<3|2), uint64(len(m)))
	return append(p, m...)
}

// anyOf is a google.protobuf.Any.
func anyOf(url string, m protobuf) protobuf {
	p := protobuf(nil).text(1, url)
	if len(m) > 0 {
		p = p.message(2, m)
	}
	return p
}
