package sharing

import (
	"embed"
	"encoding/json"
	"strings"

	"golang.org/x/text/language"
)

// words are the texts of pages: a file for each language, with the same keys.
//
//go:embed words
var wordFiles embed.FS

// languages are those of the pages, the one that stands for all others first.
var languages = []language.Tag{
	language.English, language.German, language.Spanish, language.French, language.Chinese, language.Arabic,
}

var matcher = language.NewMatcher(languages)

var catalog = func() map[language.Tag]map[string]string {
	all := make(map[language.Tag]map[string]string)
	for _, tag := range languages {
		data, err := wordFiles.ReadFile("words/" + tag.String() + ".json")
		words := make(map[string]string)
		if err == nil {
			err = json.Unmarshal(data, &words)
		}
		if err != nil { // they are built in
			panic(err)
		}
		all[tag] = words
	}
	return all
}()

// Language is the language of a page.
type Language struct{ tag language.Tag }

// LanguageOf returns the language that a reader wants: the one that was chosen, else the best by
// the header Accept-Language.
func LanguageOf(chosen, accept string) Language {
	const most = 200 // bytes of a header of use
	if len(accept) > most {
		accept = accept[:most]
	}
	if len(chosen) > most {
		chosen = ""
	}
	_, i := language.MatchStrings(matcher, chosen, accept)
	return Language{languages[i]}
}

// Code returns the language's BCP 47 tag.
func (l Language) Code() string { return l.tag.String() }

// Direction returns in which direction it is written, as HTML has it.
func (l Language) Direction() string {
	if l.tag == language.Arabic {
		return "rtl"
	}
	return "ltr"
}

// Word returns the text with a key, with values in the places of {0}, {1} and so on.
func (l Language) Word(key string, values ...string) string {
	text := catalog[l.tag][key]
	if len(values) == 0 {
		return text
	}
	var pairs []string
	for i, v := range values {
		if l.Direction() == "rtl" {
			v = "\u2068" + v + "\u2069" // a date and an address keep their own direction
		}
		pairs = append(pairs, "{"+string(rune('0'+i))+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
