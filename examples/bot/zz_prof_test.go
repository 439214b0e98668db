package bot

import "testing"

func TestZZProf(t *testing.T) {
	b, err := NewDemo(t.Context(), DemoConfig())
	if err != nil { t.Fatal(err) }
	if err := b.CatchUp(t.Context(), func(Progress) {}); err != nil { t.Fatal(err) }
	b.Close()
}
