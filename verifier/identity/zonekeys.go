package identity

import (
	"encoding/hex"
	"time"
)

// rootZoneKeys returns the keys of the root zone since Hallmark exists: IANA's trust anchors
// of 2017 and 2024, as https://data.iana.org/root-anchors/root-anchors.xml gives them
// (RFC 9718), with the days from which they are valid; neither has a last day yet.
// The key of 2010 (19036) signed until October 2018 and is left out.
func rootZoneKeys() []ZoneKey {
	key := func(tag uint16, digest string, from time.Time) ZoneKey {
		raw, err := hex.DecodeString(digest)
		if err != nil {
			panic(err)
		}
		return ZoneKey{KeyTag: tag, Algorithm: algorithmRSA, DigestType: digestSHA256, Digest: raw, NotBefore: from}
	}
	return []ZoneKey{
		key(20326, "e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d", time.Date(2017, 2, 2, 0, 0, 0, 0, time.UTC)),
		key(38696, "683d2d0acb8c9b712a1948b27f741219298d0a450d612c483af444a4c0fb2b16", time.Date(2024, 7, 18, 0, 0, 0, 0, time.UTC)),
	}
}
