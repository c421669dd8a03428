package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

func shareCommand() *cli.Command {
	return command("share", "PROOF [BADGE]", "show a credential on a page of a node, with its verdict as of now",
		"Uploads BADGE and its proof to a node that anchored it and allows it, and prints the link of\n"+
			"the page, the short code by which it is found too, and the token that takes it down. The\n"+
			"token is also kept beside PROOF, for hallmark unshare. Whoever has the link sees all that BADGE\n"+
			"says, and can download it; search engines are asked to stay away.\n\n"+
			"BADGE alone will do if it carries its proof, or if that is BADGE.proof.json. Sharing it again\n"+
			"changes what was decided, and the token.",
		share,
		nodeFlag(),
		toggle("show-name", "the picture by which networks preview the page names whom it is for"),
		toggle("index", "let search engines list the page"),
		onlyFlag(), jsonFlag())
}

func unshareCommand() *cli.Command {
	return command("unshare", "PROOF|LINK", "take the page of a credential down",
		"The node removes the badge and what it kept of the proof. What others have downloaded or\n"+
			"cached stays with them.\n\n"+
			"The operator of a running node takes down what is at a LINK of it, with --data and without a token.",
		unshare,
		text("data", "`FOLDER` of the state of the node that shows what is at LINK"),
		text("node", "`URL` of the node (default: the one that it was shared on)"),
		text("token", "the `TOKEN` that was given out (default: the one kept beside PROOF)"),
		onlyFlag(), jsonFlag())
}

// sharedFile is what is kept beside a proof of what was shared.
type sharedFile struct {
	Node        string      `json:"node"` // URL
	URL         string      `json:"url"`  // of the page
	Leaf        merkle.Hash `json:"leaf"`
	ShortCode   string      `json:"shortCode"`
	DeleteToken string      `json:"deleteToken"`
	Until       *time.Time  `json:"until,omitzero"`
}

// sharedPath returns where the token of a share is kept: hidden, so that nobody submits it or sends
// it along with a folder's badges.
func sharedPath(p *issuer.ProofFile) string {
	name := strings.TrimSuffix(filepath.Base(p.Path), issuer.ProofSuffix)
	if p.Name != "" { // of an archive
		name += "." + qrproof.ShortOf(p.Leaf()).String()
	}
	return filepath.Join(filepath.Dir(p.Path), "."+name+".share.json")
}

// readShared reads it; the zero value if there is none.
func readShared(path string) (kept sharedFile, err error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return kept, nil
	}
	data, err := fault.ReadFile(path, 1<<16)
	if err == nil {
		if err = json.Unmarshal(data, &kept); err != nil {
			err = run.Usagef("%s is not what hallmark share wrote", path)
		}
	}
	return kept, err
}

func writeShared(path string, kept *sharedFile) error {
	text, err := json.MarshalIndent(kept, "", "\t")
	if err != nil {
		return err
	}
	return durable.Replace(path, append(text, '\n'), durable.Private)
}

// shareInputs returns the proof and the path of the badge that were named, in any order.
func shareInputs(c *cli.Context) (*issuer.ProofFile, string, error) {
	proof, badge := c.Args().Get(0), c.Args().Get(1)
	if strings.HasSuffix(badge, issuer.ProofSuffix) && !strings.HasSuffix(proof, issuer.ProofSuffix) {
		proof, badge = badge, proof
	}
	p, err := issuer.OneProof(proof, c.StringSlice("only"), false)
	if err != nil || badge != "" {
		return p, badge, err
	}
	if badge = proof; strings.HasSuffix(proof, issuer.ProofSuffix) {
		badge = strings.TrimSuffix(proof, issuer.ProofSuffix)
		if _, err := os.Stat(badge); errors.Is(err, fs.ErrNotExist) {
			return nil, "", run.Hint(run.Usagef("which badge? There is none beside %s", proof), "hallmark share %s BADGE", proof)
		}
	}
	if p.Name != "" {
		return nil, "", run.Usagef("which badge? %s is an archive", proof)
	}
	return p, badge, nil
}

func share(c *cli.Context) error {
	p, path, err := shareInputs(c)
	if err != nil {
		return err
	}
	if p.Pending() {
		return run.Hint(fmt.Errorf("%s is not final yet", p.Path), "hallmark upgrade --wait %s completes it", p.Path)
	}
	badge, err := fault.ReadFile(path, issuer.MaxDocument)
	if err != nil {
		return err
	}
	if err := issuer.Sound(p.Proof, badge); err != nil { // nothing is uploaded that was mixed up
		return fmt.Errorf("%s and %s: %w", p.Path, path, err)
	}
	node, err := openNode(c)
	if err != nil {
		return err
	}
	data, err := p.Encode()
	if err != nil {
		return err
	}
	file := sharedPath(p)
	kept, err := readShared(file)
	if err != nil {
		return err
	}
	anew := kept.DeleteToken == ""
	if !anew && kept.Node != node.URL() {
		return run.Hint(run.Usagef("%s is shared on %s already", p.Path, kept.Node), "hallmark unshare %s takes it down there", p.Path)
	}
	if anew {
		kept = sharedFile{Node: node.URL(), Leaf: p.Leaf(), DeleteToken: client.NewShareToken()}
		if err := writeShared(file, &kept); err != nil { // before anything is shown: nobody else has the token
			return err
		}
	}
	options := client.ShareOptions{ShowName: c.Bool("show-name"), Index: c.Bool("index")}
	got, err := node.Share(c.Context, p.Leaf(), data, badge, options, kept.DeleteToken)
	refused := (*client.NodeError)(nil)
	if errors.As(err, &refused) && refused.Status < http.StatusInternalServerError && anew {
		_ = os.Remove(file) // it is of no use
	}
	switch {
	case refused != nil && refused.Status == http.StatusForbidden && anew:
		return run.Hint(fmt.Errorf("%s is shared on %s already, not from here", p.Path, node.URL()),
			"who has its token takes it down: hallmark unshare --node URL --token TOKEN %s", p.Path)
	case err != nil:
		return err
	}
	kept = sharedFile{node.URL(), got.URL, got.Leaf, got.ShortCode, got.DeleteToken, got.Until}
	if c.Bool("json") {
		resultJSON(c, kept)
	} else {
		result(c, "%s", got.URL)
		result(c, "short code    %s", got.ShortCode)
		result(c, "delete token  %s", got.DeleteToken)
	}
	if err := writeShared(file, &kept); err != nil {
		return err
	}
	if got.Until != nil {
		say(c, "it is shown until %s", got.Until.UTC().Format(time.DateOnly))
	}
	hint(c, "hallmark unshare %s takes it down; the token is in %s", p.Path, file)
	return nil
}

// leafInLink finds the leaf that the link of a page, or of something below it, names.
var leafInLink = regexp.MustCompile(`(?:^|/)(0x[0-9a-f]{64})(?:[/?#]|$)`)

// takeDown is unshare for the operator.
func takeDown(c *cli.Context, data string) error {
	link := c.Args().First()
	found := leafInLink.FindStringSubmatch(link)
	if found == nil {
		return run.Usagef("%s is not the link of a page: want http…/b/0x…", link)
	}
	response, err := askNode(c.Context, data, http.MethodDelete, "/shares/"+found[1])
	if err != nil {
		return run.Hint(fmt.Errorf("no node answers that runs on %s", data), "start it, and run this as its user")
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		say(c, "what was at %s is not shared any more", link)
		return nil
	case http.StatusNotFound:
		return fmt.Errorf("nothing is shared at %s", link)
	}
	return fmt.Errorf("the node could not take %s down: its log has the reason", link)
}

func unshare(c *cli.Context) error {
	if data := c.String("data"); data != "" {
		return takeDown(c, data)
	}
	p, err := issuer.OneProof(c.Args().First(), c.StringSlice("only"), false)
	if err != nil {
		return err
	}
	file := sharedPath(p)
	kept, err := readShared(file)
	if err != nil {
		return err
	}
	at, token := c.String("node"), c.String("token")
	if at == "" {
		at = kept.Node
	}
	if token == "" {
		token = kept.DeleteToken
	}
	switch {
	case token == "":
		return run.Usagef("%s was not shared from here: --token and --node are needed", p.Path)
	case at == "":
		return run.Usagef("--node is needed")
	}
	node, err := client.New(at)
	if err != nil {
		return run.Usagef("--node: %v", err)
	}
	err = node.Unshare(c.Context, p.Leaf(), token)
	gone := client.NotFound(err)
	if err != nil && !gone {
		return err
	}
	if token == kept.DeleteToken {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if gone {
		say(c, "%s is not shared there; nothing was changed", p.Path)
	} else {
		say(c, "%s is not shared any more", p.Path)
	}
	answerJSON(c, struct {
		Leaf    merkle.Hash `json:"leaf"`
		Node    string      `json:"node"`
		Changed bool        `json:"changed"` // false: it was not shared
	}{p.Leaf(), at, !gone})
	return nil
}
