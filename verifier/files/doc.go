// Package files finds credentials and their proofs among files, and verifies them: files and
// folders of a disk, zips and proof archives, or files in memory. Which of
// several proofs of one credential decides is a rule of the specification.
//
// It reads and never writes, follows no link to a folder, and nothing in a zip is unpacked to
// the disk. Names and texts of files are not trusted: whoever prints them escapes them.
package files
