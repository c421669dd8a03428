// Package skills says when two statements of a skill mean the same one, and reads lists of skills
// that are wanted.
//
// A skill is stated by the code that it has in a framework, by a URL, or by mere words. [IDs]
// brings the first two into one form, in which two badges of the same skill agree:
//
//   - ESCO: http://data.europa.eu/esco/skill/GUID, also from pages of the portal that name it
//   - O*NET: codes of occupations such as 15-1252.00 and of elements such as 2.B.3.a
//   - CASE: https://HOST/ims/case/v1p0/CFItems/GUID, also from https://HOST/uri/GUID
//   - CTDL: https://credentialengineregistry.org/resources/ce-GUID, also from a CTID alone
//   - RSD, rich skill descriptors of Open Skills: https://HOST/api/skills/GUID
//   - Lightcast: https://lightcast.io/open-skills/skills/ID
//   - others: the URL, or "framework: code"
//
// Two skills never become one. A URL loses only what does not tell resources apart: http or https, the
// letter case of the host and of GUIDs, the default port, slashes at the end, escapes of characters that need
// none, and parameters by which advertisers and mail programs follow people. Pages of the frameworks above
// are read where their address holds the framework's own identifier, whole. A code is kept to the letter, and
// means something only within its framework.
//
// Words prove nothing: they are only found, see [Phrases].
package skills
