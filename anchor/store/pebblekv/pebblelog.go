package pebblekv

import (
	"fmt"
	"log/slog"
)

// endOnPanic ends the process if Pebble panics, as it does when it cannot write its
// log: a server that survives panics would go on with locks that are never released.
func (f *Folder) endOnPanic() {
	if p := recover(); p != nil {
		f.fatal(fmt.Sprint(p))
	}
}

// pebbleLog passes on Pebble's messages. Fatal ones end the process, as Pebble
// demands: the log on disk can no longer be trusted to grow.
type pebbleLog struct {
	log *slog.Logger
	end func(reason string)
}

func (l pebbleLog) Infof(format string, args ...any) {
	l.log.Debug("pebble: " + fmt.Sprintf(format, args...))
}

func (l pebbleLog) Errorf(format string, args ...any) {
	l.log.Error("pebble: " + fmt.Sprintf(format, args...))
}

func (l pebbleLog) Fatalf(format string, args ...any) {
	l.fatal("pebble: " + fmt.Sprintf(format, args...))
}

func (l pebbleLog) fatal(reason string) {
	l.log.Error("the data folder cannot be written any more, and the node ends; "+
		"nothing that it acknowledged is lost: repair the disk, and start it again", "err", reason)
	l.end(reason)
}
