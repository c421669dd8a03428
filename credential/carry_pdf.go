package credential

import "errors"

func embedPDF(file, proof []byte) ([]byte, error) { return nil, errors.New("not yet") }
func locatePDF(file []byte) (*Carried, error)     { return nil, ErrNoProof }
