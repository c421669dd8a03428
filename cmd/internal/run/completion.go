package run

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// completeWord is the hidden first argument by which shells ask what may stand in the
// place of the last word.
const completeWord = "--complete-word"

// complete prints what the last of words may be: a command or a flag, a line each.
// Where neither may stand, the shell offers files.
func complete(w io.Writer, app *cli.App, words []string) {
	if len(words) == 0 {
		return
	}
	word, before := words[len(words)-1], words[:len(words)-1]
	l := parse(app, append([]string{app.Name}, before...))
	if l.open {
		return
	}
	var names []string
	switch {
	case strings.HasPrefix(word, "-"):
		names = flagNames(l.flags)
	case len(l.path) == 2 && l.path[1] == helpCommand:
		names = commandNames(parse(app, append([]string{app.Name}, l.rest...)).commands)
	case len(l.rest) == 0:
		names = commandNames(l.commands)
	}
	for _, name := range names {
		if strings.HasPrefix(name, word) {
			fmt.Fprintln(w, name)
		}
	}
}

// completions are what a shell is to read, with the program's name for NAME.
var completions = map[string]string{
	"bash": `_NAME() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <("${COMP_WORDS[0]}" --complete-word "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _NAME NAME
`,
	"zsh": `#compdef NAME
_NAME() {
    local -a offered
    offered=("${(@f)$("${words[1]}" --complete-word "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${offered[*]}" ]]; then
        compadd -a offered
    else
        _files
    fi
}
compdef _NAME NAME
`,
	"fish": `function __NAME_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] --complete-word $words[2..-1] 2>/dev/null
end
complete -c NAME -a '(__NAME_complete)'
`,
}

// completionFor prints what makes a shell complete the program's command line.
func completionFor(app *cli.App, shell string) error {
	script, ok := completions[shell]
	if !ok {
		return Usagef("%s completes for bash, zsh and fish, not for %q", app.Name, shell)
	}
	_, err := io.WriteString(Exact(app.Writer), strings.ReplaceAll(script, "NAME", app.Name))
	return err
}
