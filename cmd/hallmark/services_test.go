package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// receiver puts the URL of a server into a variable that takes every request and appends it to
// a file, with its headers: receiver VAR FILE.
func receiver(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[1])
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var all bytes.Buffer
		err := r.Write(&all)
		mu.Lock()
		defer mu.Unlock()
		f, openErr := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil || openErr != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		defer f.Close()
		if _, err := f.Write(all.Bytes()); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// postFile is the command post: it sends a file of JSON to a URL, and puts what is answered into another: post URL FILE INTO.
func postFile(ts *testscript.TestScript, _ bool, args []string) {
	response, err := http.Post(args[0], "application/json", bytes.NewReader([]byte(ts.ReadFile(args[1]))))
	ts.Check(err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), answer, 0o600))
}
