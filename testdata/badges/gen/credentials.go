package main

import (
	"crypto/sha256"
	"encoding/hex"
)

func issuer() object {
	return object{
		{"id", issuerID}, {"type", []string{"Profile"}}, {"name", "Example College"}, {"url", "https://college.example"},
	}
}

var contexts = []string{
	"https://www.w3.org/ns/credentials/v2",
	"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
}

// badge is an Open Badge 3.0 with all that a verifier may want to see.
func badge() object {
	return object{
		{"@context", contexts},
		{"id", "urn:uuid:6f4f0f0e-3d0c-4b1e-9c58-2d2f7a0c1b11"},
		{"type", []string{"VerifiableCredential", "OpenBadgeCredential"}},
		{"name", "Welding, level 2"},
		{"issuer", issuer()},
		{"validFrom", "2026-01-15T09:00:00Z"},
		{"validUntil", "2036-01-15T09:00:00Z"},
		{"credentialSubject", object{
			{"id", "did:example:ada"},
			{"type", []string{"AchievementSubject"}},
			{"achievement", object{
				{"id", "https://college.example/achievements/welding-2"},
				{"type", []string{"Achievement"}},
				{"name", "Welding, level 2"},
				{"description", "Joins steel plates in all positions, safely and to the standard."},
				{"criteria", object{{"narrative", "Passed the practical examination with three sound test pieces."}}},
				{"image", object{{"id", "https://college.example/achievements/welding-2.png"}, {"type", "Image"}}},
				{"alignment", []object{{
					{"type", []string{"Alignment"}},
					{"targetCode", "7212.3"},
					{"targetFramework", "ESCO"},
					{"targetName", "welder"},
					{"targetType", "ext:Occupation"},
					{"targetUrl", "http://data.europa.eu/esco/occupation/a65d0efb-49c5-483d-8b33-40dfb4b05f39"},
				}}},
			}},
		}},
		{"evidence", []object{{
			{"id", "https://college.example/evidence/6f4f0f0e"},
			{"type", []string{"Evidence"}},
			{"name", "Photographs of the three test pieces"},
		}}},
	}
}

// tokenBadge is another Open Badge 3.0, as the payload of a token.
func tokenBadge() object {
	const id, subject = "urn:uuid:2f9d6f0a-6f6c-4d1f-b7f4-9c2a1d7e5b30", "did:example:ada"
	return object{
		{"iss", issuerID},
		{"jti", id},
		{"sub", subject},
		{"nbf", 1768467600},
		{"@context", contexts},
		{"id", id},
		{"type", []string{"VerifiableCredential", "OpenBadgeCredential"}},
		{"name", "Soldering"},
		{"issuer", issuer()},
		{"validFrom", "2026-01-15T09:00:00Z"},
		{"credentialSubject", object{
			{"id", subject},
			{"type", []string{"AchievementSubject"}},
			{"achievement", object{
				{"id", "https://college.example/achievements/soldering"},
				{"type", []string{"Achievement"}},
				{"name", "Soldering"},
				{"description", "Makes sound joints by hand."},
				{"criteria", object{{"narrative", "Soldered a board that works."}}},
			}},
		}},
	}
}

// degree is a plain Verifiable Credential.
func degree() object {
	return object{
		{"@context", contexts[:1]},
		{"id", "urn:uuid:0b7d8a57-5f2c-4c3f-8a34-1f8f3c3f7d22"},
		{"type", []string{"VerifiableCredential", "DegreeCredential"}},
		{"name", "Bachelor of Engineering"},
		{"issuer", object{{"id", issuerID}, {"name", "Example College"}}},
		{"validFrom", "2026-02-01T00:00:00Z"},
		{"credentialSubject", object{
			{"id", "did:example:grace"},
			{"degree", object{{"type", "BachelorDegree"}, {"name", "Bachelor of Engineering"}}},
		}},
	}
}

// assertion is an Open Badge 2.0 as platforms host it, the recipient's address hashed.
// The address is ada@college.example.
func assertion() object {
	const salt = "b7e1c0d2"
	sum := sha256.Sum256([]byte("ada@college.example" + salt))
	return object{
		{"@context", "https://w3id.org/openbadges/v2"},
		{"type", "Assertion"},
		{"id", "https://college.example/assertions/first-aid-314"},
		{"recipient", object{{"type", "email"}, {"hashed", true}, {"salt", salt}, {"identity", "sha256$" + hex.EncodeToString(sum[:])}}},
		{"badge", object{
			{"type", "BadgeClass"},
			{"id", "https://college.example/badges/first-aid"},
			{"name", "First aid"},
			{"description", "Can help until help comes."},
			{"image", "https://college.example/badges/first-aid.png"},
			{"criteria", object{{"narrative", "Took part in a course of nine lessons and passed its test."}}},
			{"issuer", object{{"type", "Profile"}, {"id", issuerID}, {"name", "Example College"}, {"url", "https://college.example"}, {"email", "badges@college.example"}}},
		}},
		{"issuedOn", "2026-01-20T10:30:00+00:00"},
		{"expires", "2036-01-20T10:30:00+00:00"},
		{"verification", object{{"type", "hosted"}}},
	}
}

// didDocument publishes the issuer's key, as did:web has it.
func didDocument() object {
	return object{
		{"@context", []string{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"}},
		{"id", issuerID},
		{"verificationMethod", []object{{
			{"id", keyID}, {"type", "Multikey"}, {"controller", issuerID}, {"publicKeyMultibase", publicKey()},
		}}},
		{"assertionMethod", []string{keyID}},
	}
}
