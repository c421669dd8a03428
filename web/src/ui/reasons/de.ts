import type { Whys } from './en.ts';

export const de: Whys = {
  not_checked: [
    'Das konnte nicht geprüft werden, weil eine andere Prüfung nicht bestanden ist.',
    'Sehen Sie sich die anderen Prüfungen unten an.',
  ],
  altered: [
    'Diese Datei ist nicht die, die ausgestellt wurde. Sie wurde verändert, oder der Beleg gehört zu einer anderen Datei.',
    'Bitten Sie um die Originaldatei, genau so, wie der Aussteller sie geschickt hat.',
  ],
  document_missing: [
    'Das Dokument selbst liegt nicht vor; sein Inhalt wurde nicht geprüft.',
    'Fügen Sie das Dokument hinzu, das zu diesem Beleg gehört.',
  ],
  unreadable: [
    'Die Datei ließ sich nicht in der Form lesen, in der sie ausgestellt wurde.',
    'Bitten Sie um die Originaldatei. Ein Bildschirmfoto, ein Scan oder eine von einem anderen Programm erzeugte Kopie genügt nicht.',
  ],
  not_in_submission: ['Der Beleg führt nicht zu diesem Nachweis.', 'Bitten Sie erneut um die Belegdatei.'],
  pending: [
    'Der Nachweis wurde eingereicht, aber der Beleg zeigt noch nicht, dass er eingetragen ist.',
    'Holen Sie unten neuere Angaben. Gibt es noch keine, versuchen Sie es später am Tag noch einmal.',
  ],
  signature_wrong: [
    'Die Unterschrift stammt nicht von dem Schlüssel, den sie nennt.',
    'Verlassen Sie sich nicht darauf. Fragen Sie den Aussteller direkt.',
  ],
  issuer_unknown: [
    'Jemand hat das unterschrieben, aber nichts hier sagt, dass der Schlüssel dem Aussteller gehört.',
    'Besorgen Sie sich die Vertrauensliste des Ausstellers auf anderem Weg, etwa von dessen offizieller Website, und laden Sie sie unter „Wem ich vertraue“.',
  ],
  issuer_unreadable: [
    'Aus dem Dokument geht nicht hervor, wen es als Aussteller nennt.',
    'Haben Sie eine Vertrauensliste mit dem Schlüssel des Ausstellers, laden Sie sie unter „Wem ich vertraue“; sonst fragen Sie den Aussteller.',
  ],
  issuer_time: [
    'Es ist nicht bekannt, dass der Schlüssel des Ausstellers zu dieser Zeit galt.',
    'Fragen Sie den Aussteller, ob dieser Schlüssel damals in Gebrauch war.',
  ],
  name_of_another: [
    'Unterschrieben hat jemand anderes als der Aussteller, von dem der Nachweis sein soll.',
    'Verlassen Sie sich nicht darauf. Fragen Sie den genannten Aussteller.',
  ],
  home_unknown: [
    'Es ist nicht bekannt, dass der Schlüssel für das Register unterschreibt, in dem der Nachweis eingetragen ist.',
    'Fragen Sie den Aussteller, oder bringen Sie „Wem ich vertraue“ auf den neuesten Stand.',
  ],
  chain_unknown: [
    'Der Nachweis ist auf einer Blockchain eingetragen, über die hier nichts bekannt ist.',
    'Laden Sie unter „Wem ich vertraue“ eine Vertrauensliste, die diese Blockchain enthält.',
  ],
  registry_unknown: [
    'Der Nachweis ist in einem Register eingetragen, das hier nicht bekannt ist.',
    'Laden Sie unter „Wem ich vertraue“ eine Vertrauensliste, die dieses Register enthält.',
  ],
  evidence_missing: [
    'Dem Beleg fehlen die Angaben, die entscheiden.',
    'Holen Sie unten neuere Angaben, oder bitten Sie um einen neueren Beleg.',
  ],
  evidence_bad: [
    'Die Angaben im Beleg halten nicht stand.',
    'Holen Sie unten neuere Angaben, oder bitten Sie erneut um die Belegdatei.',
  ],
  newer_verifier: [
    'Der Beleg enthält Angaben neuerer Art, als diese Seite liest.',
    'Öffnen Sie eine neuere Fassung dieser Seite.',
  ],
  not_anchored: [
    'Zu dieser Zeit war der Nachweis nicht im Register eingetragen.',
    'Holen Sie unten neuere Angaben, oder fragen Sie den Aussteller.',
  ],
  not_final: [
    'Ob der Eintrag endgültig ist, lässt sich hier nicht sagen.',
    'Holen Sie unten neuere Angaben, oder bringen Sie „Wem ich vertraue“ auf den neuesten Stand.',
  ],
  revoked: [
    'Der Aussteller hat diesen Nachweis widerrufen.',
    'Fragen Sie den Aussteller nach dem Grund. Vielleicht gibt es eine berichtigte Fassung.',
  ],
  suspended: [
    'Der Aussteller hat diesen Nachweis vorläufig ausgesetzt.',
    'Fragen Sie den Aussteller, oder prüfen Sie später mit neueren Angaben.',
  ],
  retired: [
    'Der Aussteller hatte den Schlüssel aufgegeben, mit dem das unterschrieben ist.',
    'Bitten Sie den Aussteller um einen neuen Nachweis.',
  ],
  status_old: [
    'Es ist zu lange her, dass nachgesehen wurde, ob das noch gilt.',
    'Holen Sie unten neuere Angaben, oder bitten Sie um einen neueren Beleg.',
  ],
  status_missing: ['Der Beleg zeigt nicht, ob das noch gilt.', 'Holen Sie unten neuere Angaben.'],
  status_future: [
    'Die Angaben sind auf später als jetzt datiert.',
    'Prüfen Sie die Uhr dieses Geräts und versuchen Sie es noch einmal.',
  ],
  expired: [
    'Dieser Nachweis ist abgelaufen.',
    'Bitten Sie um einen neueren. Zählt nur, ob es damals galt, stellen Sie unten ein früheres Datum ein.',
  ],
  not_yet_valid: ['Dieser Nachweis gilt noch nicht.', 'Prüfen Sie ihn wieder, wenn seine Gültigkeit beginnt.'],
  dates_unreadable: [
    'Ab wann oder bis wann das gilt, lässt sich nicht zweifelsfrei sagen.',
    'Sehen Sie die Daten im Dokument an, und fragen Sie den Aussteller.',
  ],
  recipient_other: [
    'Der Nachweis gilt für jemand anderen als die Person, nach der Sie gefragt haben.',
    'Prüfen Sie Namen oder Adresse, die Sie eingegeben haben.',
  ],
  recipient_unknown: [
    'Ob der Nachweis für die Person gilt, nach der Sie gefragt haben, lässt sich nicht sagen.',
    'Fragen Sie nach der Adresse, an die der Nachweis ging.',
  ],
  test_chain: [
    'Dieser Nachweis wurde in einem Testnetz ausgestellt und ist außerhalb von Tests nichts wert.',
    'Wenn Sie testen, lassen Sie Testnetze unter „Wem ich vertraue“ zu.',
  ],
  signature_broken: [
    'Die Unterschrift im Dokument ist ungültig.',
    'Bitten Sie um die Originaldatei, genau so, wie der Aussteller sie geschickt hat.',
  ],
  signature_absent: ['Das Dokument hat keine eigene Unterschrift.', 'Der Beleg wird dennoch geprüft.'],
  signature_unsupported: [
    'Die eigene Unterschrift des Dokuments ist von einer Art, die hier nicht gelesen wird.',
    'Der Beleg wird dennoch geprüft.',
  ],
  key_unknown: [
    'Der Schlüssel zur eigenen Unterschrift des Dokuments liegt nicht vor.',
    'Der Beleg wird dennoch geprüft.',
  ],
  elsewhere_unknown: ['Die eigene Widerrufsliste des Ausstellers liegt nicht vor.', 'Der Beleg wird dennoch geprüft.'],
  not_looked_at: [
    'Das Programm konnte diese Datei nicht prüfen. Das sagt nichts über sie aus.',
    'Versuchen Sie es mit ihr allein oder mit dem Kommandozeilenprogramm.',
  ],
  no_proof: [
    'Zu dieser Datei liegt kein Beleg vor.',
    'Fügen Sie ihre Belegdatei hinzu; deren Name endet meist auf .proof.json.',
  ],
  skipped: [
    'Diese Datei ist weder ein Nachweis noch ein Beleg.',
    'Wählen Sie die Datei, die Sie als Badge, Urkunde oder Beleg erhalten haben.',
  ],
  other: ['Es lässt sich nicht sagen.', 'Sehen Sie sich die Prüfungen unten an.'],
};
