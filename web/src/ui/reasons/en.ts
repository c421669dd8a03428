/** Why a verdict is not "valid": what that means, and what to do next. By the reason words of the specification. */
export const en = {
  not_checked: ['This could not be checked because another check did not pass.', 'See the other checks below.'],
  altered: [
    'This file is not the one that was issued. It was changed, or the proof belongs to another file.',
    'Ask for the original file, exactly as the issuer sent it.',
  ],
  document_missing: [
    'The document itself is not here, so its words were not checked.',
    'Add the document that belongs to this proof.',
  ],
  unreadable: [
    'The file could not be read in the form in which it was issued.',
    'Ask for the original file. A screenshot, a scan or a copy made by another program is not enough.',
  ],
  not_in_submission: ['The proof does not lead to this credential.', 'Ask for the proof file again.'],
  pending: [
    'This was handed in, but the proof does not yet show that it was recorded.',
    'Get newer evidence below. If there is none yet, try again later today.',
  ],
  signature_wrong: ['The signature is not that of the key it names.', 'Do not rely on it. Ask the issuer directly.'],
  issuer_unknown: [
    'Somebody signed this, but nothing here says that the key is the issuer’s.',
    'Get the issuer’s trust list by another way, such as its official website, and load it under “Whom I trust”.',
  ],
  issuer_unreadable: [
    'It cannot be told from the document whom it names as its issuer.',
    'If you have a trust list with the issuer’s key, load it under “Whom I trust”; otherwise ask the issuer.',
  ],
  issuer_time: [
    'The issuer’s key is not known to have been good at that time.',
    'Ask the issuer whether this key was in use then.',
  ],
  name_of_another: [
    'This was signed by somebody else than the issuer it should be from.',
    'Do not rely on it. Ask the issuer named in it.',
  ],
  home_unknown: [
    'The key is not known to sign for the register where this was recorded.',
    'Ask the issuer, or bring “Whom I trust” up to date.',
  ],
  chain_unknown: [
    'This is recorded on a chain of which nothing is known here.',
    'Load a trust list that has this chain under “Whom I trust”.',
  ],
  registry_unknown: [
    'This is recorded in a register that is not known here.',
    'Load a trust list that has this register under “Whom I trust”.',
  ],
  evidence_missing: [
    'The proof lacks the evidence that decides.',
    'Get newer evidence below, or ask for a newer proof file.',
  ],
  evidence_bad: [
    'The evidence in the proof does not hold.',
    'Get newer evidence below, or ask for the proof file again.',
  ],
  newer_verifier: [
    'The proof has evidence of a newer kind than this page reads.',
    'Open a newer version of this page.',
  ],
  not_anchored: ['At that time this was not recorded in the register.', 'Get newer evidence below, or ask the issuer.'],
  not_final: [
    'It cannot be told here whether the record is final.',
    'Get newer evidence below, or bring “Whom I trust” up to date.',
  ],
  revoked: ['The issuer has taken this back.', 'Ask the issuer if you need to know why. There may be a corrected one.'],
  suspended: [
    'The issuer has suspended this for the time being.',
    'Ask the issuer, or check again later with newer evidence.',
  ],
  retired: ['The issuer had given up the key by which this was signed.', 'Ask the issuer for a new credential.'],
  status_old: [
    'It is too long ago that anybody looked whether this still stands.',
    'Get newer evidence below, or ask for a newer proof file.',
  ],
  status_missing: ['The proof does not show whether this still stands.', 'Get newer evidence below.'],
  status_future: ['The evidence is dated later than now.', 'Check the clock of this device and try again.'],
  expired: [
    'This has expired.',
    'Ask for a newer one. If it only matters whether it was good then, set an earlier date below.',
  ],
  not_yet_valid: ['This does not hold yet.', 'Check again when it begins.'],
  dates_unreadable: [
    'From when or until when this holds cannot be told without doubt.',
    'Look at the dates in the document, and ask the issuer.',
  ],
  recipient_other: ['This is about somebody else than you asked for.', 'Check the name or address that you typed.'],
  recipient_unknown: [
    'It cannot be told whether this is about the one you asked for.',
    'Ask the holder for the address at which the credential was received.',
  ],
  test_chain: [
    'This was issued on a test network and is worth nothing outside of tests.',
    'If you are testing, allow test networks under “Whom I trust”.',
  ],
  signature_broken: [
    'The signature within the document is broken.',
    'Ask for the original file, exactly as the issuer sent it.',
  ],
  signature_absent: ['The document has no signature of its own.', 'The proof is checked all the same.'],
  signature_unsupported: [
    'The document’s own signature is of a kind that is not read here.',
    'The proof is checked all the same.',
  ],
  key_unknown: ['The key of the document’s own signature is not at hand.', 'The proof is checked all the same.'],
  elsewhere_unknown: [
    'The issuer’s own list of what it took back is not at hand.',
    'The proof is checked all the same.',
  ],
  not_looked_at: [
    'The program could not look at this file. That says nothing about it.',
    'Try it alone, or with the command-line tool.',
  ],
  no_proof: ['There is no proof of this file here.', 'Add its proof file, whose name mostly ends in .proof.json.'],
  skipped: [
    'This file is neither a credential nor a proof.',
    'Choose the file that you were given as a badge, certificate or proof.',
  ],
  other: ['It cannot be told.', 'See the checks below.'],
} satisfies Record<string, Why>;

/** Why is the meaning of a reason and what to do about it. */
export type Why = readonly [meaning: string, next: string];

/** Whys are those of a language, by reason. */
export type Whys = Record<keyof typeof en, Why>;
