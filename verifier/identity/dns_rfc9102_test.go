package identity

import (
	"bufio"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/hallmark-node/hallmark/internal/dnstest"
)

// The test vectors of RFC 9102, appendix A, by Dukhovni, Huque, Toorop, Wouters and Shore:
// the records of each zone once, and what leads to the answers.
const (
	rfcSpan = "20201202000000 20181128000000 "
	rfcTLSA = " 3600 IN TLSA 3 1 1 8bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922\n"

	rfcRoot = `
. 86400 IN DNSKEY 256 3 13 zKz+DCWkNA/vuheiVPcGqsH40U84KZAlrMRIyozj9WHzf8PsFp/oR8j8vmjjWP98cbte4d8NvlGLxzbUzo3+FA==
. 86400 IN DNSKEY 256 3 13 8wMZZ4lzHdyKZ4fv8kys/t3QMlgvEadbsbyqWrMhwddSXCZYGRrsAbPpireRWxbVcd1VtOrlFBcRDMTN0R0XEQ==
. 86400 IN DNSKEY 257 3 13 yvX+VNTUjxZiGvtr060hVbrPV9H6rVusQtF9lIxCFzbZOJxMQBFmbqlc8XclvQ+gDOXnFOTsgs/frMmxyGOtRg==
. 86400 IN RRSIG DNSKEY 13 0 86400 ` + rfcSpan + `47005 . (
 0EPW1ca+N/ZhZPKla77STG734cTeIOjUwq7eW0HsnOfudWmnCEVeco2wLLq9mnBT1dtNjIczvLG9pQTnOKUsHQ== )
`
	rfcCom = `
example.com. 3600 IN DNSKEY 257 3 13 JnA1XgyJTZz+psWvbrfUWLV6ULqIJyUS2CQdhUH9VK35bslWeJpRzrlxCUs7s/TsSfZMaGWVvlsuieh5nHcXzA==
example.com. 3600 IN RRSIG DNSKEY 13 2 3600 ` + rfcSpan + `1870 example.com. (
 nYisnu/26Sw1qmGuREa9o/fLgYuA4oNPt4+6PMBZoN0MS8Gjtli9NVRYeSIztQHPGSpvRxTUC4tZi62z1UgGDw== )
example.com. 172800 IN DS 1870 13 2 e9b533a049798e900b5c29c90cd25a986e8a44f319ac3cd302bafc08f5b81e16
example.com. 172800 IN RRSIG DS 13 2 172800 ` + rfcSpan + `34327 com. (
 sEAKvX4H6pJfN8nKcclB1NRcRSPOztx8omr4fCSHu6lp+uESP/Le4iF2sKukOJ1hhWSB6jgubEVl17rGNOA/YQ== )
com. 172800 IN DNSKEY 256 3 13 7IIE5Dol8jSMUqHTvOOiZapdEbQ9wqRxFi/zQcSdufUKLhpByvLpzSAQTqCWj3URIZ8L3Fa2gBLMOZUzZ1GQCw==
com. 172800 IN DNSKEY 257 3 13 RbkcO+96XZmnp8jYIuM4lryAp3egQjSmBaSoiA7H76Tm0RLHPNPUxlVk+nQ0fIc3I8xfZDNw8Wa0Pe3/g2QA/w==
com. 172800 IN DNSKEY 257 3 13 szc7biLo5J4OHlkan1vZrF4aD4YYf+NHA/GAqdNslY9xxK9Izg68XHkqck4RtDiVk37lNAQmgSlHbrGu0yOTkA==
com. 172800 IN RRSIG DNSKEY 13 1 172800 ` + rfcSpan + `18931 com. (
 LJ4p5ORS2ViILwTotSlWixElqRXHY5tOdIuHlPWTdBGPMq3y40QNr1V+ZOyA57LFdPKpcvb8BvhM+GqKWGBEsg== )
com. 172800 IN RRSIG DNSKEY 13 1 172800 ` + rfcSpan + `28809 com. (
 sO+4X2N21yS6x8+dBVBzbRo9+55MM8n7+RUvdBuxRFVh6JaBlqDOC5LLkl7EvmDXqz6KEhhQjT+aQWDt6WFHlA== )
com. 86400 IN DS 18931 13 2 20f7a9db42d0e2042fbbb9f9ea015941202f9eabb94487e658c188e7bcb52115
com. 86400 IN DS 28809 13 2 ad66b3276f796223aa45eda773e92c6d98e70643bbde681db342a9e5cf2bb380
com. 86400 IN RRSIG DS 13 1 86400 ` + rfcSpan + `31918 . (
 nDiDlBjXEE/6AudhC++Hui1ckPcuAnGbjEASNoxA3ZHjlXRzL050UzePko5PbvBKTf6pk8JRCqnfzlo2QY+WXA== )
`
	rfcOrg = `
example.org. 3600 IN DNSKEY 256 3 13 NrbL6utGqIW1wrhhjeexdA6bMdD1lC1hj0Fnpevaa1AMyY2uy83TmoGnR996NUR5TlG4Zh+YPbbmUIixe4nS3w==
example.org. 3600 IN DNSKEY 257 3 13 uspaqp17jsMTX6AWVgmbog/3Sttz+9ANFUWLn6qKUHr0BOqRuChQWj8jyYUUrWy9txxesNQ9MkO4LUrFght1LQ==
example.org. 3600 IN RRSIG DNSKEY 13 2 3600 ` + rfcSpan + `44384 example.org. (
 ttse9pYp9PSu0pJ+TOpIVFLWJ6NKOMWZX4Q/SlU6ZfaiKQc0Bg7Tut9+wPunk6OPPvyHjVXMAsvk0tqV0B+/ag== )
example.org. 86400 IN DS 44384 13 2 ec307e2efc8f0117ed96ab48a513c8003e1d9121f1ff11a08b4cdd348d090aa6
example.org. 86400 IN RRSIG DS 13 2 86400 ` + rfcSpan + `9523 org. (
 m86Xz0CEa2sWG40a0bS2kqLKPmIlyiVyDeoWXAq3djeGiPaikLuKORNzWXu62clpAfvZHx59Ackst4X+zXYpUA== )
org. 86400 IN DNSKEY 256 3 13 fuLp60znhSSEr9HowILpTpyLKQdM6ixcgkTE0gqVdsLx+DSNHSc69o6fLWC0eHfWx7kzlBBoJB0vLrvsJtXJ6g==
org. 86400 IN DNSKEY 256 3 13 zTHbb7JM627Bjr8CGOySUarsic91xZU3vvLJ5RjVix9YH6+iwpBXb6qfHyQHymlMiAAoaoXh7BUkEBVgDVN8sQ==
org. 86400 IN DNSKEY 257 3 13 Uf24EyNt51DMcLV+dHPInhSpmjPnqAQNUTouU+SGLu+lFRRlBetgw1bJUZNI6Dlger0VJTm0QuX/JVXcyGVGoQ==
org. 86400 IN DNSKEY 257 3 13 0SZfoe8Yx+eoaGgyAGEeJax/ZBV1AuG+/smcOgRm+F6doNlgc3lddcM1MbTvJHTjK6Fvy8W6yZ+cAptn8sQheg==
org. 86400 IN RRSIG DNSKEY 13 1 86400 ` + rfcSpan + `12651 org. (
 Gq9wf+z3pasXXUwE210jYc0LhJnMAhcwXydnvkHtCVY6/0jUafHO4RksN84Ztus0pUgWngbT/OWXskdMYXZU4A== )
org. 86400 IN RRSIG DNSKEY 13 1 86400 ` + rfcSpan + `49352 org. (
 VGEkEMWBJ2IbOpm2Z56Qxu2NGPcVUDWCbYRyk+Qk1+HzGtyd2qPEKkpgMs/0pvZEMj1YXD+dIqb2nUK9PGBAXw== )
org. 86400 IN DS 12651 13 2 3979a51f98bbf219fcaf4a4176e766dfa8f9db5c24a75743eb1e704b97a9fabc
org. 86400 IN DS 49352 13 2 03d11a1aa114abbb8f708c3c0ff0db765fef4a2f18920db5f58710dd767c293b
org. 86400 IN RRSIG DS 13 1 86400 ` + rfcSpan + `31918 . (
 adiFuP2UIulQw5Edsb/7WSPqr5nkRSTVXbZ2tkBeZRQcMjdCD3pyonWO5JPRVEemgaE357S4pX5D0tVZzeZJ6A== )
`
	rfcNet = `
example.net. 3600 IN DNSKEY 257 3 13 X9GHpJcS7bqKVEsLiVAbddHUHTZqqBbVa3mzIQmdp+5cTJk7qDazwH68Kts8d9MvN55HddWgsmeRhgzePz6hMg==
example.net. 3600 IN RRSIG DNSKEY 13 2 3600 ` + rfcSpan + `48085 example.net. (
 CkwqgEt1p97oMa3w5LctIjKIuG5XVSapKrfwuHhb5p04fWXRMNsXasG/kd2F/wlmMWiq38gOQaYCLNm+cjQzpQ== )
example.net. 172800 IN DS 48085 13 2 7c1998ce683df60e2fa41460c453f88f463dac8cd5d074277b4a7c04502921be
example.net. 172800 IN RRSIG DS 13 2 172800 ` + rfcSpan + `10713 net. (
 w0JxDeiBJZNlpCdxKtRENlqfTpSxcs6Vftscsyfo/hyeTPYcIt4yItDkYsYK+KQ6FYAVE4nisA3vDQoZVL4wow== )
net. 172800 IN DNSKEY 256 3 13 061EoQs4sBcDsPiz17vt4nFSGLmXAGguqLStOesmKNCimi4/lw/vtyfqALuLFJiFjtCK3HMPi8HQ1jbGEwbGCA==
net. 172800 IN DNSKEY 257 3 13 LkNCPE+v3S4MVnsOqZFhn8n2NSwtLYOZLZjjgVsAKgu4XZncaDgq1R/7ZXRO5oVx2zthxuu2i+mGbRrycAaCvA==
net. 172800 IN RRSIG DNSKEY 13 1 172800 ` + rfcSpan + `485 net. (
 031jXg06zSuDwI5zqYuYFJg1O5p+zy85csMXagvRxB9W2lL/wJRi6Gn9BcaCVRnDId5WR+yCADhsbKfSrrd9vQ== )
net. 86400 IN DS 485 13 2 ab25a2941aa7f1eb8688bb783b25587515a0cd8c247769b23adb13ca234d1c05
net. 86400 IN RRSIG DS 13 1 86400 ` + rfcSpan + `31918 . (
 vOXoTjxggGTYKIwssQ3kpML0ag6D0Hcm+Syy7++4zT7gaFHfRH9a6uZekIWdboss8y7q4onW4rxKdtw2S28hwQ== )
`
	rfcWWW = `_443._tcp.www.example.com.` + rfcTLSA + `
_443._tcp.www.example.com. 3600 IN RRSIG TLSA 13 5 3600 ` + rfcSpan + `1870 example.com. (
 rqY69NnTf4CN3GBGQjKEJCLAMsRkUrXe0JW8IqDb5rQHHzxNqqPeEoi+2vI6Sz2BhaswpGLVVuoijuVdzxYjmw== )
`
	rfcWild = `_25._tcp.example.com.` + rfcTLSA + `
_25._tcp.example.com. 3600 IN RRSIG TLSA 13 3 3600 ` + rfcSpan + `1870 example.com. (
 BZawXvte5SyF8hnXviKDWqll5E2v+RMXqaSE+NOcAMlZOrSMUkfyPqvkv53K2rfL4DFP8rO3VMgI0v+ogrox0w== )
`
	rfcNSEC = `*._tcp.example.com. 3600 IN NSEC smtp.example.com. RRSIG NSEC TLSA
*._tcp.example.com. 3600 IN RRSIG NSEC 13 3 3600 ` + rfcSpan + `1870 example.com. (
 K6u8KrR8ca5bjtbce3w8yjMXr9vw12225lAwyIHpxptY43OMLCUCenwpYW5qdmpFvAacqj4+tSkKiN279SI9pA== )
`
	rfcHashedWild = `_25._tcp.example.org.` + rfcTLSA + `
_25._tcp.example.org. 3600 IN RRSIG TLSA 13 3 3600 ` + rfcSpan + `56566 example.org. (
 lNp6th/CJel5WsYlLsLadcQ/YdSTJAIOttzYKnNkNzeZ0jxtDyEP818Q1R4lLcYzJ7vCvqb9gFCiCJjK2gAamw== )
`
	rfcNSEC3 = `
dlm7rss9pejqnh0ev6h7k1ikqqcl5mae.example.org. 3600 IN NSEC3 1 0 1 - t6lf7uuoi0qofq0nvdjroavo46pp20im RRSIG TLSA
dlm7rss9pejqnh0ev6h7k1ikqqcl5mae.example.org. 3600 IN RRSIG NSEC3 13 3 3600 ` + rfcSpan + `56566 example.org. (
 guUyy9LIZlYb0FZttAdYJGrFNKpKu91Tm+dPOz98rnpwIlwwvLifXIvIl90nEX38cWzEQOpreJu3t4WAfPsxdg== )
`
	rfcOtherNSEC3 = `
vkv62jbv85822q8rtmfnbhfnmnat9ve3.example.org. 3600 IN NSEC3 1 0 1 - 93u63bg57ppj6649al2n31l92iedkjd6 A AAAA RRSIG
vkv62jbv85822q8rtmfnbhfnmnat9ve3.example.org. 3600 IN RRSIG NSEC3 13 3 3600 ` + rfcSpan + `56566 example.org. (
 wn3cePVdc5VPPniYzGp+1CBPOY2m83/A3cjnAb7FTZuwL45B25fwVUyjKQkshgQeV5KgP1cdvPt1BEowKqK4Sw== )
`
	rfcAlias = `_443._tcp.www.example.org. 3600 IN CNAME dane311.example.org.
_443._tcp.www.example.org. 3600 IN RRSIG CNAME 13 5 3600 ` + rfcSpan + `56566 example.org. (
 R0dUe6Rt4G+2ablrQH9Zw8j9NhBLMgNYTI5+H7nO8SNz5Nm8w0NZrXv3Qp7gxQb/a90O696120NsYaZX2+ebBA== )
dane311.example.org.` + rfcTLSA + `
dane311.example.org. 3600 IN RRSIG TLSA 13 3 3600 ` + rfcSpan + `56566 example.org. (
 f6TbTZTpu3h6MYpLkKQwWILAkYQ3EUY+Nsoa6any6yt+aeuunMUjw+IJB2QLm0x0PrD7m39JA3NUSkUp9riNNQ== )
`
	rfcDNAME = `example.net. 3600 IN DNAME example.com.
example.net. 3600 IN RRSIG DNAME 13 2 3600 ` + rfcSpan + `48085 example.net. (
 o3uV5k5Ewp5fdrOZt0n4QuH+/Hpku2Lo3CzGRt9/MS2zZt2Qb/AXz435UFQBxOI/pDnjJcLSd/gBLtqR52WLMA== )
`
)

func TestRFC9102(t *testing.T) {
	anchor := zoneKey(rfcRecords(t, rfcRoot)[2].(*dns.DNSKEY).ToDS(dns.SHA256))
	in := time.Date(2019, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, asked, records string
		at                   time.Time
		fault                string
	}{
		{"the example itself", "_443._tcp.www.example.com.", rfcWWW + rfcCom + rfcRoot, in, ""},
		{"a wildcard", "_25._tcp.example.com.", rfcWild + rfcNSEC + rfcCom + rfcRoot, in, ""},
		{"a wildcard, hashed names", "_25._tcp.example.org.", rfcHashedWild + rfcNSEC3 + rfcOrg + rfcRoot, in, ""},
		{"CNAME", "_443._tcp.www.example.org.", rfcAlias + rfcOrg + rfcRoot, in, ""},
		{"DNAME", "_443._tcp.www.example.net.", rfcDNAME + rfcWWW + rfcNet + rfcCom + rfcRoot, in, ""},

		{"after the end", "_443._tcp.www.example.com.", rfcWWW + rfcCom + rfcRoot, in.AddDate(2, 0, 0), "valid until 2020-12-02 00:00:00"},
		{"too early", "_443._tcp.www.example.com.", rfcWWW + rfcCom + rfcRoot, in.AddDate(-1, 0, 0), "valid from 2018-11-28 00:00:00"},
		{"a wildcard alone", "_25._tcp.example.com.", rfcWild + rfcCom + rfcRoot, in, "it holds no proof of that"},
		{"a wrong hash", "_25._tcp.example.org.", rfcHashedWild + rfcOtherNSEC3 + rfcOrg + rfcRoot, in, "says nothing of this name"},
		{"another name", "_25._tcp.example.com.", rfcWWW + rfcCom + rfcRoot, in, "it holds no TYPE52 record at _25._tcp.example.com"},
		{"no zone above", "_443._tcp.www.example.com.", rfcWWW + rfcRoot, in, "it does not hold the keys (DNSKEY) of example.com"},
	} {
		t.Run(c.name, func(t *testing.T) {
			chain, err := readChain(dnstest.Pack(t, rfcRecords(t, c.records)), dns.TypeTLSA)
			if err != nil {
				t.Fatal(err)
			}
			chain.anchors, chain.at = []ZoneKey{anchor}, c.at
			answer, _, err := chain.resolve(wireName(t, c.asked), dns.TypeTLSA)
			switch {
			case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)):
				t.Errorf("got %v, want %q", err, c.fault)
			case c.fault == "" && err != nil:
				t.Error(err)
			case c.fault == "" && len(answer.data) != 1:
				t.Errorf("%d records", len(answer.data))
			}
		})
	}
}

// FuzzRFC9102 reads any bytes as a chain, with bounded work, and believes no other answer than
// the one that all the examples have.
func FuzzRFC9102(f *testing.F) {
	asked := []string{
		"_443._tcp.www.example.com", "_25._tcp.example.com", "_25._tcp.example.org", "_443._tcp.www.example.org", "_443._tcp.www.example.net",
	}
	for i, text := range []string{
		rfcWWW + rfcCom, rfcWild + rfcNSEC + rfcCom, rfcHashedWild + rfcNSEC3 + rfcOrg, rfcAlias + rfcOrg, rfcDNAME + rfcWWW + rfcNet + rfcCom,
	} {
		f.Add(uint8(i), dnstest.Pack(f, rfcRecords(f, text+rfcRoot)))
	}
	anchor := zoneKey(rfcRecords(f, rfcRoot)[2].(*dns.DNSKEY).ToDS(dns.SHA256))
	want := rfcRecords(f, "x."+rfcTLSA)[0].(*dns.TLSA).Certificate
	f.Fuzz(func(t *testing.T, which uint8, evidence []byte) {
		chain, err := readChain(evidence, dns.TypeTLSA)
		if err != nil || len(evidence) > maxDNSEvidence {
			return
		}
		chain.anchors, chain.at = []ZoneKey{anchor}, time.Date(2019, 6, 1, 0, 0, 0, 0, time.UTC)
		answer, _, err := chain.resolve(wireName(t, asked[int(which)%len(asked)]), dns.TypeTLSA)
		if chain.checks > maxChecks+1 {
			t.Errorf("%d signatures were checked", chain.checks)
		}
		if err == nil && hex.EncodeToString(answer.data[0][3:]) != want {
			t.Errorf("answer %x", answer.data)
		}
	})
}

// wireName returns a name that people write.
func wireName(tb testing.TB, text string) dnsName {
	tb.Helper()
	buf := make([]byte, 255)
	n, err := dns.PackDomainName(dns.Fqdn(text), buf, 0, nil, false)
	if err != nil {
		tb.Fatal(err)
	}
	name, _, err := readName(buf[:n])
	if err != nil {
		tb.Fatal(err)
	}
	return name
}

func rfcRecords(tb testing.TB, text string) []dns.RR {
	tb.Helper()
	var all []dns.RR
	parser := dns.NewZoneParser(bufio.NewReader(strings.NewReader(text)), "", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		all = append(all, rr)
	}
	if err := parser.Err(); err != nil {
		tb.Fatal(err)
	}
	return all
}
