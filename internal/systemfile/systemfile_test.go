package systemfile

import "testing"

func TestIs(t *testing.T) {
	for _, name := range []string{
		"Thumbs.db", "thumbs.DB", "ehthumbs.db", "desktop.ini", "Desktop.ini", "$RECYCLE.BIN", "~$diploma.docx", ".DS_Store", "._badge.png",
		"__MACOSX", "Icon\r", ".~lock.diploma.odt#", "System Volume Information", ".Trash-1000",
	} {
		if !Is(name) {
			t.Errorf("%q is taken for a credential", name)
		}
	}
	// What a person may have named so.
	for _, name := range []string{
		"", "diploma.docx", "Icon", "icon.png", "thumbs.db.pdf", "my desktop.ini", "~diploma.docx", "$diploma", "macosx", ".hidden.json",
		"lock.odt#",
	} {
		if Is(name) {
			t.Errorf("%q is taken for a system file", name)
		}
	}
}

func TestInside(t *testing.T) {
	for path, want := range map[string]string{
		"__MACOSX/class/._anna.png": "__MACOSX", "class/__MACOSX": "class/__MACOSX", "class/Thumbs.db": "class/Thumbs.db",
		"class/Thumbs.db/": "class/Thumbs.db",
		"class/anna.png":   "", "class/": "", "/": "", "": "", "a/b/c": "",
	} {
		if got, ok := Inside(path); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v, want %q", path, got, ok, want)
		}
	}
}
