package trustlist

import "time"

// Listed says that an issuer is on a list.
type Listed struct {
	Issuer string // by what it was found: the identifier, or the domain
	Name   string // what the list calls it
	List   string // the name of the list
	Origin string // where that is from
	AsOf   time.Time
}

// Index finds issuers in lists. It is safe for concurrent use.
type Index struct {
	lists []*List
	by    []map[string]*Entry // identifiers, and domains, by list; no identifier is a domain
}

// NewIndex returns an index of lists, which must not change afterwards.
func NewIndex(lists []*List) *Index {
	x := &Index{lists: lists}
	for _, l := range lists {
		m := make(map[string]*Entry, 2*len(l.Entries))
		for i := range l.Entries {
			e := &l.Entries[i]
			for _, keys := range [][]string{e.IDs, e.Domains} {
				for _, k := range keys {
					if m[k] == nil {
						m[k] = e // the first that has it
					}
				}
			}
		}
		x.by = append(x.by, m)
	}
	return x
}

// Find returns the lists that have any of the given identifiers or domains, in the order of
// the lists, each at most once: by what is given first.
func (x *Index) Find(issuer ...string) (found []Listed) {
	for i, l := range x.lists {
		for _, k := range issuer {
			if e := x.by[i][k]; e != nil {
				found = append(found, Listed{k, e.Name, l.Name, l.Origin, l.AsOf()})
				break
			}
		}
	}
	return found
}
