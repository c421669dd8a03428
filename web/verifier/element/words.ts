/** The languages of the element. Arabic is written from right to left. */
export type Language = 'en' | 'de' | 'es' | 'fr' | 'zh' | 'ar';

/** Words are all that the element says, but for the details of checks, which are English. */
export interface Words {
  valid: string;
  invalid: string;
  unknown: string;
  test: string;
  good: string; // below valid
  revoked: string;
  suspended: string;
  expired: string;
  early: string;
  altered: string;
  broken: string; // the proof does not hold
  another: string; // in the name of another issuer
  recipient: string;
  issuer: string; // it cannot be told who issued
  record: string; // it cannot be told whether it was recorded
  status: string; // it cannot be told whether it is still good
  untold: string; // all else that cannot be told
  testOnly: string;
  retired: string; // the key was not the issuer's any more
  file: string;
  issuedBy: string;
  recorded: string;
  asOf: string;
  checks: string;
  english: string;
  drop: string;
  working: string;
  noProof: string;
  unread: string; // the file is of a sort that this verifier does not read
  notFetched: string;
  tooLarge: string;
  failed: string;
}

const en: Words = {
  valid: 'Valid',
  invalid: 'Not valid',
  unknown: 'Cannot be told',
  test: 'TEST',
  good: 'It is genuine, and had not been withdrawn.',
  revoked: 'Its issuer has withdrawn it.',
  suspended: 'Its issuer has suspended it.',
  expired: 'It has expired.',
  early: 'It is not valid yet.',
  altered: 'The file is not the one that was issued.',
  broken: 'Its proof does not hold.',
  another: 'It names an issuer who did not sign it.',
  recipient: 'It is about somebody else.',
  issuer: 'Who issued it cannot be told here. Ask the issuer, or whoever gave you the file.',
  record: 'Whether it was recorded cannot be told yet. A newer proof may tell.',
  status: 'Whether it is still good cannot be told. A newer proof may tell.',
  untold: 'It cannot be told from this file. Ask for the original file and its proof.',
  testOnly: 'It was issued as a test only.',
  retired: "The issuer's key had been retired before it was recorded.",
  file: 'File',
  issuedBy: 'Issued by',
  recorded: 'Recorded on',
  asOf: 'Not withdrawn as of',
  checks: 'What was checked',
  english: '',
  drop: 'Choose a badge and its proof, or drop them here',
  working: 'Checking…',
  noProof: 'There is no proof in this file, nor with it.',
  unread: 'This page does not read files of this sort.',
  notFetched: 'The file could not be fetched. That says nothing about the badge.',
  tooLarge: 'The file is too large to be checked here.',
  failed: 'The check could not be done. That says nothing about the badge.',
};

const de: Words = {
  valid: 'Gültig',
  invalid: 'Nicht gültig',
  unknown: 'Nicht feststellbar',
  test: 'TEST',
  good: 'Er ist echt und war nicht widerrufen.',
  revoked: 'Der Aussteller hat ihn widerrufen.',
  suspended: 'Der Aussteller hat ihn ausgesetzt.',
  expired: 'Er ist abgelaufen.',
  early: 'Er ist noch nicht gültig.',
  altered: 'Die Datei ist nicht die, die ausgestellt wurde.',
  broken: 'Der Beleg dazu stimmt nicht.',
  another: 'Er nennt einen Aussteller, der ihn nicht unterschrieben hat.',
  recipient: 'Er betrifft jemand anderen.',
  issuer: 'Wer ihn ausgestellt hat, lässt sich hier nicht feststellen. Fragen Sie den Aussteller oder wer Ihnen die Datei gab.',
  record: 'Ob er eingetragen wurde, lässt sich noch nicht feststellen. Ein neuerer Beleg kann es zeigen.',
  status: 'Ob er noch gilt, lässt sich nicht feststellen. Ein neuerer Beleg kann es zeigen.',
  untold: 'Aus dieser Datei lässt es sich nicht feststellen. Bitten Sie um die ursprüngliche Datei und ihren Beleg.',
  testOnly: 'Er wurde nur zu Testzwecken ausgestellt.',
  retired: 'Der Schlüssel des Ausstellers war schon außer Gebrauch, als er eingetragen wurde.',
  file: 'Datei',
  issuedBy: 'Ausgestellt von',
  recorded: 'Eingetragen am',
  asOf: 'Nicht widerrufen, Stand',
  checks: 'Was geprüft wurde',
  english: 'Die Einzelheiten sind auf Englisch.',
  drop: 'Nachweis und Beleg wählen oder hierher ziehen',
  working: 'Wird geprüft …',
  noProof: 'In dieser Datei und bei ihr ist kein Beleg.',
  unread: 'Diese Seite liest Dateien dieser Art nicht.',
  notFetched: 'Die Datei war nicht abrufbar. Das sagt nichts über den Nachweis.',
  tooLarge: 'Die Datei ist zu groß, um hier geprüft zu werden.',
  failed: 'Die Prüfung war nicht möglich. Das sagt nichts über den Nachweis.',
};

const es: Words = {
  valid: 'Válida',
  invalid: 'No válida',
  unknown: 'No se puede determinar',
  test: 'ENSAYO',
  good: 'Es auténtica y no había sido retirada.',
  revoked: 'El emisor la ha retirado.',
  suspended: 'El emisor la ha suspendido.',
  expired: 'Ha caducado.',
  early: 'Todavía no es válida.',
  altered: 'El archivo no es el que se emitió.',
  broken: 'Su prueba no se sostiene.',
  another: 'Nombra a un emisor que no la firmó.',
  recipient: 'Se refiere a otra persona.',
  issuer: 'Aquí no se puede determinar quién la emitió. Pregunte al emisor o a quien le dio el archivo.',
  record: 'Todavía no se puede determinar si fue registrada. Una prueba más reciente puede decirlo.',
  status: 'No se puede determinar si sigue vigente. Una prueba más reciente puede decirlo.',
  untold: 'No se puede determinar con este archivo. Pida el archivo original y su prueba.',
  testOnly: 'Se emitió solo como ensayo.',
  retired: 'La clave del emisor ya estaba retirada cuando se registró.',
  file: 'Archivo',
  issuedBy: 'Emitida por',
  recorded: 'Registrada el',
  asOf: 'No retirada a fecha de',
  checks: 'Qué se comprobó',
  english: 'Los detalles están en inglés.',
  drop: 'Elija una insignia y su prueba, o arrástrelas aquí',
  working: 'Comprobando…',
  noProof: 'No hay ninguna prueba en este archivo ni junto a él.',
  unread: 'Esta página no lee archivos de este tipo.',
  notFetched: 'No se pudo obtener el archivo. Eso no dice nada sobre la insignia.',
  tooLarge: 'El archivo es demasiado grande para comprobarlo aquí.',
  failed: 'No se pudo hacer la comprobación. Eso no dice nada sobre la insignia.',
};

const fr: Words = {
  valid: 'Valable',
  invalid: 'Non valable',
  unknown: 'Impossible à déterminer',
  test: 'ESSAI',
  good: 'Il est authentique et n’avait pas été retiré.',
  revoked: 'L’émetteur l’a retiré.',
  suspended: 'L’émetteur l’a suspendu.',
  expired: 'Il a expiré.',
  early: 'Il n’est pas encore valable.',
  altered: 'Le fichier n’est pas celui qui a été délivré.',
  broken: 'Sa preuve ne tient pas.',
  another: 'Il nomme un émetteur qui ne l’a pas signé.',
  recipient: 'Il concerne une autre personne.',
  issuer: 'On ne peut pas déterminer ici qui l’a délivré. Demandez à l’émetteur ou à qui vous a donné le fichier.',
  record: 'On ne peut pas encore déterminer s’il a été enregistré. Une preuve plus récente peut le dire.',
  status: 'On ne peut pas déterminer s’il est toujours valable. Une preuve plus récente peut le dire.',
  untold: 'Ce fichier ne permet pas de le déterminer. Demandez le fichier d’origine et sa preuve.',
  testOnly: 'Il a été délivré à titre d’essai seulement.',
  retired: 'La clé de l’émetteur était déjà hors d’usage lors de l’enregistrement.',
  file: 'Fichier',
  issuedBy: 'Délivré par',
  recorded: 'Enregistré le',
  asOf: 'Non retiré au',
  checks: 'Ce qui a été vérifié',
  english: 'Les détails sont en anglais.',
  drop: 'Choisissez un badge et sa preuve, ou déposez-les ici',
  working: 'Vérification…',
  noProof: 'Il n’y a pas de preuve dans ce fichier ni à côté.',
  unread: 'Cette page ne lit pas les fichiers de cette sorte.',
  notFetched: 'Le fichier n’a pas pu être récupéré. Cela ne dit rien du badge.',
  tooLarge: 'Le fichier est trop grand pour être vérifié ici.',
  failed: 'La vérification n’a pas pu être faite. Cela ne dit rien du badge.',
};

const zh: Words = {
  valid: '有效',
  invalid: '无效',
  unknown: '无法判断',
  test: '测试',
  good: '真实，且未被撤销。',
  revoked: '颁发者已将其撤销。',
  suspended: '颁发者已将其暂停。',
  expired: '已过期。',
  early: '尚未生效。',
  altered: '该文件不是当初颁发的文件。',
  broken: '其证明不成立。',
  another: '它所写的颁发者并未签署它。',
  recipient: '它是关于另一个人的。',
  issuer: '此处无法判断由谁颁发。请询问颁发者或给您文件的人。',
  record: '尚无法判断是否已登记。较新的证明可能会说明。',
  status: '无法判断是否仍然有效。较新的证明可能会说明。',
  untold: '无法从此文件判断。请索取原始文件及其证明。',
  testOnly: '仅为测试而颁发。',
  retired: '登记时，颁发者的密钥已停用。',
  file: '文件',
  issuedBy: '颁发者',
  recorded: '登记时间',
  asOf: '截至此时未撤销',
  checks: '检查内容',
  english: '详细内容为英文。',
  drop: '选择徽章及其证明，或拖放到此处',
  working: '正在检查……',
  noProof: '文件内及旁边均无证明。',
  unread: '本页面不读取此类文件。',
  notFetched: '无法获取文件。这并不说明徽章有任何问题。',
  tooLarge: '文件过大，无法在此检查。',
  failed: '无法进行检查。这并不说明徽章有任何问题。',
};

const ar: Words = {
  valid: 'صالحة',
  invalid: 'غير صالحة',
  unknown: 'لا يمكن الجزم',
  test: 'اختبار',
  good: 'هي أصلية ولم تُسحب.',
  revoked: 'سحبتها جهة الإصدار.',
  suspended: 'علّقتها جهة الإصدار.',
  expired: 'انتهت صلاحيتها.',
  early: 'لم تصبح صالحة بعد.',
  altered: 'الملف ليس الملف الذي أُصدر.',
  broken: 'إثباتها لا يصح.',
  another: 'تذكر جهة إصدار لم توقّعها.',
  recipient: 'هي عن شخص آخر.',
  issuer: 'لا يمكن هنا تحديد من أصدرها. اسأل جهة الإصدار أو من أعطاك الملف.',
  record: 'لا يمكن بعد تحديد ما إذا كانت مسجّلة. قد يوضح ذلك إثبات أحدث.',
  status: 'لا يمكن تحديد ما إذا كانت لا تزال سارية. قد يوضح ذلك إثبات أحدث.',
  untold: 'لا يمكن التحديد من هذا الملف. اطلب الملف الأصلي وإثباته.',
  testOnly: 'أُصدرت للاختبار فقط.',
  retired: 'كان مفتاح جهة الإصدار قد أُوقف قبل تسجيلها.',
  file: 'الملف',
  issuedBy: 'أصدرتها',
  recorded: 'سُجّلت في',
  asOf: 'لم تُسحب حتى',
  checks: 'ما تم التحقق منه',
  english: 'التفاصيل بالإنجليزية.',
  drop: 'اختر شارة وإثباتها أو أفلتهما هنا',
  working: 'جارٍ التحقق…',
  noProof: 'لا يوجد إثبات في هذا الملف ولا معه.',
  unread: 'لا تقرأ هذه الصفحة ملفات من هذا النوع.',
  notFetched: 'تعذّر جلب الملف. وهذا لا يعني شيئًا عن الشارة.',
  tooLarge: 'الملف أكبر من أن يُتحقق منه هنا.',
  failed: 'تعذّر إجراء التحقق. وهذا لا يعني شيئًا عن الشارة.',
};

export const words: { readonly [L in Language]: Words } = { en, de, es, fr, zh, ar };

/** The sentence of a reason. */
const sentences: { readonly [reason: string]: keyof Words } = {
  revoked: 'revoked',
  suspended: 'suspended',
  retired: 'retired',
  expired: 'expired',
  not_yet_valid: 'early',
  altered: 'altered',
  name_of_another: 'another',
  recipient_other: 'recipient',
  issuer_unknown: 'issuer',
  issuer_unreadable: 'issuer',
  issuer_time: 'issuer',
  home_unknown: 'issuer',
  pending: 'record',
  evidence_missing: 'record',
  not_final: 'record',
  chain_unknown: 'record',
  registry_unknown: 'record',
  status_old: 'status',
  status_missing: 'status',
  status_future: 'status',
  test_chain: 'testOnly',
};

/** Sentences that say what is not known, which is no reason to call a badge refuted. */
const doubts: readonly (keyof Words)[] = ['issuer', 'record', 'status', 'testOnly'];

/** told returns the sentence below a verdict, for the verifier's reason if it is not VALID. */
export function told(verdict: 'VALID' | 'INVALID' | 'UNKNOWN', reason: string | undefined, w: Words): string {
  const known = sentences[reason ?? ''];
  switch (verdict) {
    case 'VALID':
      return w.good;
    case 'INVALID':
      return w[known === undefined || doubts.includes(known) ? 'broken' : known];
    default:
      return w[known ?? 'untold'];
  }
}
