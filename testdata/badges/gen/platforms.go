package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/hallmark-node/hallmark/credential"
)

// The look-alikes have the structure of what the large platforms hand out: the same members,
// hosts and order, the same kind of PDF. People, badges, identifiers and pictures are invented.

// platforms returns the look-alikes by name.
func platforms() (map[string][]byte, error) {
	picture, err := drawPNG()
	if err != nil {
		return nil, err
	}
	links, err := json.Marshal(credlyLinks())
	if err != nil {
		return nil, err
	}
	bakedLinks, err := credential.Bake(picture, links)
	if err != nil {
		return nil, err
	}
	credly, err := json.Marshal(credlyCredential())
	if err != nil {
		return nil, err
	}
	badgr, err := indented(badgrAssertion())
	if err != nil {
		return nil, err
	}
	udemy, err := pictureOnly()
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		"credly-ob2.json":       links,
		"credly-ob2.png":        bakedLinks,
		"credly-ob3.json":       credly,
		"badgr-ob2.json":        append(badgr, '\n'),
		"coursera.pdf":          coursera(),
		"udemy.pdf":             udemy,
		"linkedin-learning.pdf": linkedIn(),
	}, nil
}

// hashed is an address as platforms hash it.
func hashed(address, salt string) string {
	sum := sha256.Sum256([]byte(address + salt))
	return "sha256$" + hex.EncodeToString(sum[:])
}

const (
	credlyAPI  = "https://api.credly.com/v1/obi/v2"
	credlyOB2  = "https://w3id.org/openbadges/v2"
	patAddress = "pat.miller@mail.example"
)

// credlyLinks is an Open Badge 2.0 as Credly hosts it and bakes it into the picture: one line of
// links, which says neither what was achieved nor who issued it.
func credlyLinks() object {
	return object{
		{"@context", credlyOB2},
		{"type", "Assertion"},
		{"id", credlyAPI + "/badge_assertions/00000000-0000-4000-8000-000000000001"},
		{"issuedOn", "2024-05-02T00:00:00.000Z"},
		{"expires", "2037-05-02T00:00:00.000Z"},
		{"recipient", object{{"type", "email"}, {"identity", hashed(patAddress, "")}, {"hashed", true}}},
		{"badge", credlyAPI + "/issuers/00000000-0000-4000-8000-000000000002/badge_classes/00000000-0000-4000-8000-000000000003"},
		{"verification", object{{"type", "hosted"}}},
	}
}

// credlyCredential is an Open Badge 3.0 as Credly signs it: its own name is the learner's, what was
// learnt are tags, and the number of the certificate stands in the evidence.
func credlyCredential() object {
	return object{
		{"@context", []string{
			"https://www.w3.org/ns/credentials/v2",
			"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
		}},
		{"id", "https://api.credly.com/v1/obi/v3/badges/00000000-0000-4000-8000-000000000004"},
		{"type", []string{"VerifiableCredential", "OpenBadgeCredential"}},
		{"name", "Pat Miller"},
		{"issuer", object{
			{"id", "https://api.credly.com/v1/obi/v3/issuers/00000000-0000-4000-8000-000000000002"},
			{"type", []string{"Profile"}},
			{"name", "Harbour School"},
			{"url", "https://harbour-school.example"},
		}},
		{"validFrom", "2024-05-02T00:00:00Z"},
		{"validUntil", "2037-05-02T00:00:00Z"},
		{"credentialSubject", object{
			{"type", []string{"AchievementSubject"}},
			{"identifier", []object{{
				{"type", "IdentityObject"}, {"hashed", true}, {"identityHash", hashed(patAddress, "")}, {"identityType", "emailAddress"},
			}}},
			{"achievement", object{
				{"id", "https://api.credly.com/v1/obi/v3/achievements/00000000-0000-4000-8000-000000000003"},
				{"type", []string{"Achievement"}},
				{"achievementType", "Certification"},
				{"name", "Forklift basics"},
				{"description", "Drives a forklift in a warehouse, alone and safely."},
				{"criteria", object{{"narrative", "Drove ten pallets through the yard under supervision."}}},
				{"image", object{{"id", "https://images.credly.com/images/00000000-0000-4000-8000-000000000005/image.png"}, {"type", "Image"}}},
				{"tag", []string{"Forklift Operation", "Load Handling", "Workplace Safety"}},
			}},
		}},
		{"evidence", []object{{
			{"type", []string{"Evidence"}}, {"name", "Certificate number"}, {"description", "HS-2024-000314"},
		}}},
	}
}

// badgrAssertion is an Open Badge 2.0 as Badgr, and Canvas with it, hands it out: the badge class and
// its issuer stand inside, the learner's name in an extension.
func badgrAssertion() object {
	const api, salt = "https://api.badgr.io/public", "9c1f6f2b0d8e4a7f8b1b3c5d7e9f0a21"
	return object{
		{"@context", credlyOB2},
		{"type", "Assertion"},
		{"id", api + "/assertions/AAAAAAAAAAAAAAAAAAAAAA"},
		{"badge", object{
			{"@context", credlyOB2},
			{"type", "BadgeClass"},
			{"id", api + "/badges/BBBBBBBBBBBBBBBBBBBBBB"},
			{"name", "Knots and splices"},
			{"description", "Ties the ten knots that a deckhand needs, and splices rope."},
			{"image", api + "/badges/BBBBBBBBBBBBBBBBBBBBBB/image"},
			{"criteria", object{{"narrative", "Tied each knot in a minute, blindfolded."}}},
			{"tags", []string{"seamanship", "ropework"}},
			{"alignment", []object{{
				{"targetName", "tie knots"},
				{"targetUrl", "http://data.europa.eu/esco/skill/00000000-0000-4000-8000-000000000006"},
				{"targetFramework", "ESCO"},
				{"targetCode", nil},
				{"targetDescription", ""},
			}}},
			{"issuer", object{
				{"@context", credlyOB2},
				{"type", "Issuer"},
				{"id", api + "/issuers/CCCCCCCCCCCCCCCCCCCCCC"},
				{"name", "Harbour School"},
				{"url", "https://harbour-school.example"},
				{"email", "badges@harbour-school.example"},
			}},
		}},
		{"image", object{{"id", api + "/assertions/AAAAAAAAAAAAAAAAAAAAAA/image"}}},
		{"verification", object{{"type", "HostedBadge"}}},
		{"issuedOn", "2025-03-14T08:15:30.123456+00:00"},
		{"recipient", object{{"type", "email"}, {"hashed", true}, {"salt", salt}, {"identity", hashed(patAddress, salt)}}},
		{"narrative", ""},
		{"evidence", []object{}},
		{"revoked", false},
		{"extensions:recipientProfile", object{
			{"@context", "https://openbadgespec.org/extensions/recipientProfile/context.json"},
			{"type", []string{"Extension", "extensions:RecipientProfile"}},
			{"name", "Pat Miller"},
		}},
	}
}

// coursera is a certificate as Coursera gives it: text in the fonts that every reader has, with a link
// for checking it, and a title that is only a code.
func coursera() []byte {
	var page bytes.Buffer
	write := func(font string, size, x, y float64, text string) {
		fmt.Fprintf(&page, "BT /%s %g Tf 0.2 0.2 0.2 rg %g %g Td (%s) Tj ET\n", font, size, x, y, text)
	}
	page.WriteString("0.93 0.95 0.98 rg 0 0 792 612 re f\n")
	write("T", 14, 72, 470, "May 2, 2024")
	write("T", 30, 72, 420, "Pat Miller")
	write("H", 12, 72, 385, "has successfully completed")
	write("B", 22, 72, 345, "Harbour Logistics: An Introduction")
	write("H", 11, 72, 320, "an online non-credit course authorized by Harbour School and offered through Coursera")
	write("H", 9, 500, 60, "Verify at coursera.org/verify/AAAAAAAAAAAA")
	w := newPDF("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	w.add("<< /Type /Catalog /Pages 2 0 R >>")
	w.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	w.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 792 612] /Contents 4 0 R /Annots [8 0 R] /Resources " +
		"<< /Font << /H 5 0 R /B 6 0 R /T 7 0 R >> >> >>")
	w.stream("", page.Bytes())
	w.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	w.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>")
	w.add("<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>")
	w.add("<< /Type /Annot /Subtype /Link /Rect [500 55 720 72] /Border [0 0 0] " +
		"/A << /S /URI /URI (https://coursera.org/verify/AAAAAAAAAAAA) >> >>")
	w.add("<< /Title (Coursera AAAAAAAAAAAA) /Producer (iText 2.1.7 by 1T3XT) /CreationDate (D:20240502101500Z) /ModDate (D:20240502101500Z) >>")
	return w.end("0000000000 65535 f \n", "/Root 1 0 R /Info 9 0 R /ID [<00000000000000000000000000000001> <00000000000000000000000000000001>]")
}

// pictureOnly is a certificate as Udemy gives it: one picture on a page and no text, by the PDF writer
// of Pillow, whose table begins with a generation of 65536.
func pictureOnly() ([]byte, error) {
	picture, err := drawJPEG()
	if err != nil {
		return nil, err
	}
	w := newPDF("%PDF-1.4\n% created by Pillow 10.2.0 PDF driver\n")
	w.add("<<\n/Type /Catalog\n/Pages 2 0 R\n>>")
	w.add("<<\n/Type /Pages\n/Count 1\n/Kids [ 4 0 R ]\n>>")
	w.stream(fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /Filter /DCTDecode /BitsPerComponent 8 /ColorSpace /DeviceRGB ",
		size, size), picture)
	w.add(fmt.Sprintf("<<\n/Resources << /ProcSet [ /PDF /ImageC ] /XObject << /image 3 0 R >> >>\n/MediaBox [ 0 0 %d.0 %d.0 ]\n"+
		"/Contents 5 0 R\n/Type /Page\n/Parent 2 0 R\n>>", size, size))
	w.stream("", fmt.Appendf(nil, "q %d.0 0 0 %d.0 0 0 cm /image Do Q\n", size, size))
	w.add("<<\n/CreationDate (D:20240502101500Z)\n/ModDate (D:20240502101500Z)\n>>")
	return w.end("0000000000 65536 f \n", "/Root 1 0 R /Info 6 0 R"), nil
}

// linkedIn is a certificate as LinkedIn Learning gives it: printed by a browser, its title in UTF-16.
func linkedIn() []byte {
	var page bytes.Buffer
	write := func(font string, size, x, y float64, text string) {
		fmt.Fprintf(&page, "BT /%s %g Tf 0.1 0.1 0.1 rg %g %g Td (%s) Tj ET\n", font, size, x, y, text)
	}
	write("H", 18, 60, 500, "LinkedIn Learning")
	write("B", 26, 60, 400, "Crane Signals")
	write("H", 14, 60, 360, "Course completed by Pat Miller")
	write("H", 12, 60, 335, "May 02, 2024 at 10:15AM UTC \\267 1 hour 20 minutes")
	write("H", 10, 60, 280, "Top skills covered")
	write("H", 12, 60, 260, "Lifting Operations    Hand Signals")
	write("H", 8, 60, 90, "Certificate ID: 0000000000000000000000000000000000000000000000000000000000000007")
	w := newPDF("%PDF-1.4\n%\xd3\xeb\xe9\xe1\n")
	w.add("<</Title <FEFF0043006500720074006900660069006300610074006500200066006F00720020004300720061006E00650020005300690067006E0061006C0073>\n" +
		"/Creator (Chromium)\n/Producer (Skia/PDF m120)\n/CreationDate (D:20240502101500+00'00')\n/ModDate (D:20240502101500+00'00')>>")
	w.add("<</Type /Catalog\n/Pages 3 0 R>>")
	w.add("<</Type /Pages\n/Count 1\n/Kids [4 0 R]>>")
	w.add("<</Type /Page\n/Resources <</Font <</H 6 0 R\n/B 7 0 R>>>>\n/MediaBox [0 0 792 612]\n/Contents 5 0 R\n/Parent 3 0 R>>")
	w.stream("", page.Bytes())
	w.add("<</Type /Font\n/Subtype /Type1\n/BaseFont /Helvetica>>")
	w.add("<</Type /Font\n/Subtype /Type1\n/BaseFont /Helvetica-Bold>>")
	return w.end("0000000000 65535 f \n", "/Root 2 0 R /Info 1 0 R")
}
