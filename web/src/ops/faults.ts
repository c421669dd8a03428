import { catalog } from '../ui/i18n.ts';

/** FaultWords are what is wrong, and what to do. */
type FaultWords = Record<string, readonly [wrong: string, remedy: string]>;

/**
 * faults are the words for the codes of faults, of which a newer node may have more: then its own, in English, are
 * shown.
 */
export const faults = catalog<FaultWords>({
  en: {
    hangs: ['The node hangs', 'Restart it. Nothing that was acknowledged is lost.'],
    stopped: ['The node is not running', 'Wait if it is starting. Otherwise start it again; nothing is lost.'],
    disk_full: ['The disk is full', 'Make room on the disk of the data folder. Until then no submissions are taken.'],
    disk_error: [
      'The data folder cannot be used',
      'See that the disk is there and that the node may write to the folder.',
    ],
    store_away: [
      'The store cannot be reached',
      'Nothing is lost, and it goes on by itself. See that PostgreSQL and S3 run and can be reached from here.',
    ],
    queue_full: ['Too many submissions wait', 'Nothing is lost. See what else is wrong, or raise max-waiting.'],
    memory_full: ['Too many submissions arrive at once', 'It ends by itself. See who sends so much.'],
    chain_away: [
      'The chain cannot be reached',
      'Nothing is lost: submissions wait. See which server fails below, and name another one with rpc.',
    ],
    no_money: ['The account has no money', 'Send ether to the account. The node goes on by itself.'],
    limit: [
      'A limit that you set is reached',
      'Nothing is lost: what waits goes into one larger batch. Raise max-fee or max-spend-per-day if it cannot wait.',
    ],
    stuck: [
      'Something is held up',
      'Nothing is lost, and it is tried again. If it lasts, name another server with rpc.',
    ],
    sealing: [
      'No batch is made though one is due',
      'Nothing is lost: what waits goes into one larger batch. If it lasts, raise max-in-flight.',
    ],
    statements: [
      'Statements of issuers wait',
      'Batches go on. List issuers whose revocations must not wait in relay-for, or raise max-spend-per-day.',
    ],
    money_low: ['Money is running out', 'Send ether to the account.'],
    disk_low: ['The disk is nearly full', 'Make room before it is.'],
    server: [
      'A server of the chain is of no use',
      'Others are asked meanwhile. If it lasts, name another one with rpc.',
    ],
    beacon: [
      'A beacon node is of no use',
      'Only vouchers of finality wait for it. If it lasts, name another one with beacon.',
    ],
    hops: ['The trail of sync committees has gaps', 'Name a beacon node with beacon that still has them.'],
    witness: ['A witness does not sign', 'Only its signatures wait. If it lasts, tell its operator.'],
    clock: ['The clock of the machine is wrong', 'Set it by NTP.'],
    deep_reorg: [
      'The chain took back what was final',
      'The affected proofs are made again. Ask whether confirmations is what you want.',
    ],
    webhook: [
      'The webhook does not take events',
      'Nothing is lost: events are kept and sent again. See that the receiver runs, and answers 2xx.',
    ],
    gaps: ['Something that the chain names is not here', 'It is tried again. Name another source of blocks with from.'],
    source: ['A source of blocks is of no use', 'Others are asked meanwhile. If it lasts, name another one with from.'],
  },
  de: {
    hangs: ['Der Knoten hängt', 'Starten Sie ihn neu. Nichts Bestätigtes geht verloren.'],
    stopped: [
      'Der Knoten läuft nicht',
      'Warten Sie, falls er gerade startet. Sonst starten Sie ihn neu; nichts geht verloren.',
    ],
    disk_full: [
      'Der Datenträger ist voll',
      'Schaffen Sie Platz auf dem Datenträger des Datenordners. Bis dahin wird nichts angenommen.',
    ],
    disk_error: [
      'Der Datenordner ist nicht benutzbar',
      'Prüfen Sie, ob der Datenträger da ist und der Knoten dort schreiben darf.',
    ],
    store_away: [
      'Der Speicher ist nicht erreichbar',
      'Nichts geht verloren, und es geht von selbst weiter. Prüfen Sie, ob PostgreSQL und S3 laufen und von hier erreichbar sind.',
    ],
    queue_full: [
      'Zu viele Einreichungen warten',
      'Nichts geht verloren. Sehen Sie nach, was sonst nicht stimmt, oder erhöhen Sie max-waiting.',
    ],
    memory_full: [
      'Zu viele Einreichungen kommen gleichzeitig',
      'Das endet von selbst. Sehen Sie nach, wer so viel sendet.',
    ],
    chain_away: [
      'Die Kette ist nicht erreichbar',
      'Nichts geht verloren: Einreichungen warten. Sehen Sie unten, welcher Server versagt, und nennen Sie mit rpc einen weiteren.',
    ],
    no_money: ['Das Konto hat kein Geld', 'Senden Sie Ether an das Konto. Der Knoten macht von selbst weiter.'],
    limit: [
      'Eine von Ihnen gesetzte Grenze ist erreicht',
      'Nichts geht verloren: Was wartet, kommt in einen größeren Stapel. Erhöhen Sie max-fee oder max-spend-per-day, wenn es nicht warten kann.',
    ],
    stuck: [
      'Etwas wird aufgehalten',
      'Nichts geht verloren, und es wird wieder versucht. Wenn es andauert, nennen Sie mit rpc einen anderen Server.',
    ],
    sealing: [
      'Es entsteht kein Stapel, obwohl einer fällig ist',
      'Nichts geht verloren: Was wartet, kommt in einen größeren Stapel. Wenn es andauert, erhöhen Sie max-in-flight.',
    ],
    statements: [
      'Erklärungen von Ausstellern warten',
      'Stapel gehen weiter. Nennen Sie Aussteller, deren Widerrufe nicht warten dürfen, in relay-for, oder erhöhen Sie max-spend-per-day.',
    ],
    money_low: ['Das Geld geht zur Neige', 'Senden Sie Ether an das Konto.'],
    disk_low: ['Der Datenträger ist fast voll', 'Schaffen Sie vorher Platz.'],
    server: [
      'Ein Server der Kette ist unbrauchbar',
      'Solange werden andere gefragt. Wenn es andauert, nennen Sie mit rpc einen weiteren.',
    ],
    beacon: [
      'Ein Beacon-Knoten ist unbrauchbar',
      'Nur Belege der Endgültigkeit warten darauf. Wenn es andauert, nennen Sie mit beacon einen weiteren.',
    ],
    hops: ['Die Folge der Sync-Komitees hat Lücken', 'Nennen Sie mit beacon einen Beacon-Knoten, der sie noch hat.'],
    witness: [
      'Ein Zeuge unterschreibt nicht',
      'Nur seine Unterschriften fehlen. Wenn es andauert, sagen Sie es seinem Betreiber.',
    ],
    clock: ['Die Uhr der Maschine geht falsch', 'Stellen Sie sie mit NTP.'],
    deep_reorg: [
      'Die Kette hat Endgültiges zurückgenommen',
      'Betroffene Belege werden neu gemacht. Fragen Sie sich, ob confirmations so stimmt.',
    ],
    webhook: [
      'Der Webhook nimmt keine Ereignisse an',
      'Nichts geht verloren: Sie werden aufbewahrt und erneut gesendet. Sehen Sie nach, ob der Empfänger läuft und mit 2xx antwortet.',
    ],
    gaps: [
      'Etwas, das die Chain nennt, fehlt hier',
      'Es wird wieder versucht. Nennen Sie mit from eine weitere Quelle für Blöcke.',
    ],
    source: [
      'Eine Quelle für Blöcke taugt nichts',
      'Solange werden andere gefragt. Wenn es anhält, nennen Sie mit from eine andere.',
    ],
  },
  es: {
    hangs: ['El nodo está bloqueado', 'Reinícielo. No se pierde nada de lo confirmado.'],
    stopped: ['El nodo no está en marcha', 'Espere si está arrancando. Si no, vuelva a iniciarlo; no se pierde nada.'],
    disk_full: [
      'El disco está lleno',
      'Libere espacio en el disco de la carpeta de datos. Hasta entonces no se acepta nada.',
    ],
    disk_error: [
      'La carpeta de datos no se puede usar',
      'Compruebe que el disco está y que el nodo puede escribir en él.',
    ],
    store_away: [
      'No se llega al almacén',
      'No se pierde nada y sigue por sí solo. Compruebe que PostgreSQL y S3 funcionan y son accesibles desde aquí.',
    ],
    queue_full: ['Esperan demasiados envíos', 'No se pierde nada. Vea qué más falla o suba max-waiting.'],
    memory_full: ['Llegan demasiados envíos a la vez', 'Termina por sí solo. Vea quién envía tanto.'],
    chain_away: [
      'No se llega a la cadena',
      'No se pierde nada: los envíos esperan. Vea abajo qué servidor falla y nombre otro con rpc.',
    ],
    no_money: ['La cuenta no tiene dinero', 'Envíe ether a la cuenta. El nodo sigue por sí solo.'],
    limit: [
      'Se alcanzó un límite que usted fijó',
      'No se pierde nada: lo que espera va en un lote mayor. Suba max-fee o max-spend-per-day si no puede esperar.',
    ],
    stuck: ['Algo está detenido', 'No se pierde nada y se vuelve a intentar. Si dura, nombre otro servidor con rpc.'],
    sealing: [
      'No se hace ningún lote aunque toca',
      'No se pierde nada: lo que espera va en un lote mayor. Si dura, suba max-in-flight.',
    ],
    statements: [
      'Esperan declaraciones de emisores',
      'Los lotes siguen. Ponga en relay-for a los emisores cuyas revocaciones no deben esperar, o suba max-spend-per-day.',
    ],
    money_low: ['El dinero se acaba', 'Envíe ether a la cuenta.'],
    disk_low: ['El disco está casi lleno', 'Libere espacio antes.'],
    server: ['Un servidor de la cadena no sirve', 'Mientras tanto se pregunta a otros. Si dura, nombre otro con rpc.'],
    beacon: ['Un nodo beacon no sirve', 'Solo los avales de finalidad lo esperan. Si dura, nombre otro con beacon.'],
    hops: ['Faltan comités de sincronización', 'Nombre con beacon un nodo que aún los tenga.'],
    witness: ['Un testigo no firma', 'Solo faltan sus firmas. Si dura, avise a su operador.'],
    clock: ['El reloj de la máquina va mal', 'Ajústelo por NTP.'],
    deep_reorg: [
      'La cadena retiró algo definitivo',
      'Las pruebas afectadas se rehacen. Piense si confirmations es lo que quiere.',
    ],
    webhook: [
      'El webhook no acepta eventos',
      'Nada se pierde: se guardan y se envían de nuevo. Compruebe que el receptor funciona y responde 2xx.',
    ],
    gaps: ['Falta algo que la cadena nombra', 'Se intenta de nuevo. Indique con from otra fuente de bloques.'],
    source: ['Una fuente de bloques no sirve', 'Mientras tanto se pregunta a otras. Si dura, indique otra con from.'],
  },
  fr: {
    hangs: ['Le nœud est bloqué', 'Redémarrez-le. Rien de ce qui a été confirmé n’est perdu.'],
    stopped: ['Le nœud ne fonctionne pas', 'Attendez s’il démarre. Sinon, relancez-le ; rien n’est perdu.'],
    disk_full: [
      'Le disque est plein',
      'Libérez de la place sur le disque du dossier de données. D’ici là, rien n’est accepté.',
    ],
    disk_error: [
      'Le dossier de données est inutilisable',
      'Vérifiez que le disque est là et que le nœud peut y écrire.',
    ],
    store_away: [
      'Le stockage est injoignable',
      'Rien n’est perdu, et cela reprend tout seul. Vérifiez que PostgreSQL et S3 fonctionnent et sont joignables d’ici.',
    ],
    queue_full: [
      'Trop d’envois attendent',
      'Rien n’est perdu. Voyez ce qui ne va pas d’autre, ou augmentez max-waiting.',
    ],
    memory_full: ['Trop d’envois arrivent à la fois', 'Cela cesse de soi-même. Voyez qui envoie autant.'],
    chain_away: [
      'La chaîne est injoignable',
      'Rien n’est perdu : les envois attendent. Voyez ci-dessous quel serveur est en panne et nommez-en un autre avec rpc.',
    ],
    no_money: ['Le compte n’a pas d’argent', 'Envoyez de l’ether au compte. Le nœud reprend tout seul.'],
    limit: [
      'Une limite que vous avez fixée est atteinte',
      'Rien n’est perdu : ce qui attend ira dans un lot plus grand. Augmentez max-fee ou max-spend-per-day si cela ne peut attendre.',
    ],
    stuck: [
      'Quelque chose est retenu',
      'Rien n’est perdu, et un nouvel essai suit. Si cela dure, nommez un autre serveur avec rpc.',
    ],
    sealing: [
      'Aucun lot n’est formé alors qu’il le faudrait',
      'Rien n’est perdu : ce qui attend ira dans un lot plus grand. Si cela dure, augmentez max-in-flight.',
    ],
    statements: [
      'Des déclarations d’émetteurs attendent',
      'Les lots continuent. Citez dans relay-for les émetteurs dont les révocations ne doivent pas attendre, ou augmentez max-spend-per-day.',
    ],
    money_low: ['L’argent va manquer', 'Envoyez de l’ether au compte.'],
    disk_low: ['Le disque est presque plein', 'Libérez de la place à temps.'],
    server: [
      'Un serveur de la chaîne est inutilisable',
      'D’autres sont interrogés entre-temps. Si cela dure, nommez-en un autre avec rpc.',
    ],
    beacon: [
      'Un nœud beacon est inutilisable',
      'Seules les garanties de finalité l’attendent. Si cela dure, nommez-en un autre avec beacon.',
    ],
    hops: ['Il manque des comités de synchronisation', 'Nommez avec beacon un nœud qui les a encore.'],
    witness: ['Un témoin ne signe pas', 'Seules ses signatures manquent. Si cela dure, prévenez son opérateur.'],
    clock: ['L’horloge de la machine est fausse', 'Réglez-la par NTP.'],
    deep_reorg: [
      'La chaîne a repris ce qui était définitif',
      'Les preuves touchées sont refaites. Demandez-vous si confirmations est bien réglé.',
    ],
    webhook: [
      'Le webhook n’accepte pas d’événements',
      'Rien n’est perdu : ils sont gardés et renvoyés. Vérifiez que le destinataire fonctionne et répond 2xx.',
    ],
    gaps: [
      'Il manque quelque chose que la chaîne nomme',
      'Un nouvel essai sera fait. Indiquez une autre source de blocs avec from.',
    ],
    source: [
      'Une source de blocs est inutilisable',
      'D’autres sont interrogées entre-temps. Si cela dure, indiquez-en une autre avec from.',
    ],
  },
  zh: {
    hangs: ['节点停止响应', '请重新启动。已确认的内容不会丢失。'],
    stopped: ['节点未运行', '如果正在启动，请稍候；否则请重新启动，不会丢失任何内容。'],
    disk_full: ['磁盘已满', '请在数据文件夹所在磁盘上腾出空间。在此之前不接收提交。'],
    disk_error: ['数据文件夹无法使用', '请检查磁盘是否存在，以及节点是否有写入权限。'],
    store_away: [
      '无法连接到存储',
      '不会丢失任何内容，并会自行恢复。请检查 PostgreSQL 和 S3 是否在运行，以及从此处能否连接。',
    ],
    queue_full: ['等待的提交过多', '不会丢失任何内容。请查看其他故障，或调高 max-waiting。'],
    memory_full: ['同时到达的提交过多', '会自行恢复。请查看是谁发送了这么多。'],
    chain_away: ['无法连接到链', '不会丢失任何内容：提交会等待。请在下方查看哪个服务器有故障，并用 rpc 指定另一个。'],
    no_money: ['账户没有资金', '请向该账户转入以太币，节点会自行继续。'],
    limit: [
      '已达到您设定的限额',
      '不会丢失任何内容：等待的提交会放入更大的批次。如果不能等待，请调高 max-fee 或 max-spend-per-day。',
    ],
    stuck: ['有操作受阻', '不会丢失任何内容，并会重试。如果持续，请用 rpc 指定另一个服务器。'],
    sealing: ['批次已到期但未生成', '不会丢失任何内容：等待的提交会放入更大的批次。如果持续，请调高 max-in-flight。'],
    statements: [
      '颁发者的声明在等待',
      '批次照常进行。请把撤销不能等待的颁发者写入 relay-for，或调高 max-spend-per-day。',
    ],
    money_low: ['资金即将用尽', '请向该账户转入以太币。'],
    disk_low: ['磁盘快满了', '请及时腾出空间。'],
    server: ['有一个链服务器无法使用', '期间会询问其他服务器。如果持续，请用 rpc 再指定一个。'],
    beacon: ['有一个信标节点无法使用', '只有最终性凭证会等待。如果持续，请用 beacon 再指定一个。'],
    hops: ['同步委员会的记录有缺口', '请用 beacon 指定仍保存它们的信标节点。'],
    witness: ['有一个见证人没有签名', '只缺少它的签名。如果持续，请告知其运营者。'],
    clock: ['本机时钟不准', '请用 NTP 校准。'],
    deep_reorg: ['链撤回了已最终确定的内容', '受影响的证明会重新生成。请考虑 confirmations 的设置是否合适。'],
    webhook: ['Webhook 不接收事件', '不会丢失任何内容：事件会保存并重新发送。请检查接收方是否在运行并返回 2xx。'],
    gaps: ['缺少链上列出的内容', '会自动重试。请用 from 指定另一个区块来源。'],
    source: ['某个区块来源无法使用', '期间会询问其他来源。如果持续如此，请用 from 指定另一个。'],
  },
  ar: {
    hangs: ['العقدة متوقفة عن الاستجابة', 'أعد تشغيلها. لن يضيع شيء مما تم تأكيده.'],
    stopped: ['العقدة لا تعمل', 'انتظر إن كانت تبدأ، وإلا فشغّلها من جديد؛ لن يضيع شيء.'],
    disk_full: ['القرص ممتلئ', 'أفرغ مساحة على قرص مجلد البيانات. حتى ذلك الحين لا يُقبل شيء.'],
    disk_error: ['لا يمكن استخدام مجلد البيانات', 'تأكد من وجود القرص ومن أن العقدة تستطيع الكتابة فيه.'],
    store_away: [
      'لا يمكن الوصول إلى المخزن',
      'لن يضيع شيء، وسيتابع من تلقاء نفسه. تأكد من أن PostgreSQL وS3 يعملان ويمكن الوصول إليهما من هنا.',
    ],
    queue_full: ['طلبات كثيرة تنتظر', 'لن يضيع شيء. انظر ما الخلل الآخر، أو ارفع max-waiting.'],
    memory_full: ['طلبات كثيرة تصل في وقت واحد', 'ينتهي ذلك من تلقاء نفسه. انظر من يرسل كل هذا.'],
    chain_away: [
      'لا يمكن الوصول إلى السلسلة',
      'لن يضيع شيء: الطلبات تنتظر. انظر أدناه أي خادم معطل، وسمِّ خادمًا آخر باستخدام rpc.',
    ],
    no_money: ['لا مال في الحساب', 'أرسل إيثر إلى الحساب. ستتابع العقدة من تلقاء نفسها.'],
    limit: [
      'بلغت حدًا وضعته أنت',
      'لن يضيع شيء: ما ينتظر يدخل في دفعة أكبر. ارفع max-fee أو max-spend-per-day إن لم يحتمل الانتظار.',
    ],
    stuck: ['هناك ما هو معلق', 'لن يضيع شيء، وتُعاد المحاولة. إن استمر فسمِّ خادمًا آخر باستخدام rpc.'],
    sealing: ['لا تُنشأ دفعة مع أن وقتها حان', 'لن يضيع شيء: ما ينتظر يدخل في دفعة أكبر. إن استمر فارفع max-in-flight.'],
    statements: [
      'بيانات المُصدرين تنتظر',
      'الدفعات مستمرة. اذكر في relay-for المُصدرين الذين لا يجوز أن تنتظر إلغاءاتهم، أو ارفع max-spend-per-day.',
    ],
    money_low: ['المال على وشك النفاد', 'أرسل إيثر إلى الحساب.'],
    disk_low: ['القرص شبه ممتلئ', 'أفرغ مساحة قبل أن يمتلئ.'],
    server: ['أحد خوادم السلسلة لا ينفع', 'يُسأل غيره في هذه الأثناء. إن استمر فسمِّ خادمًا آخر باستخدام rpc.'],
    beacon: ['إحدى عقد المنارة لا تنفع', 'لا ينتظرها إلا ضمانات النهائية. إن استمر فسمِّ أخرى باستخدام beacon.'],
    hops: ['في سلسلة لجان المزامنة ثغرات', 'سمِّ باستخدام beacon عقدة ما زالت تحتفظ بها.'],
    witness: ['أحد الشهود لا يوقّع', 'لا ينقص إلا توقيعه. إن استمر فأخبر مشغّله.'],
    clock: ['ساعة الجهاز غير صحيحة', 'اضبطها عبر NTP.'],
    deep_reorg: ['تراجعت السلسلة عما كان نهائيًا', 'تُعاد صناعة الأدلة المتأثرة. فكّر هل confirmations كما تريد.'],
    webhook: [
      'خطّاف الويب لا يقبل الأحداث',
      'لا يضيع شيء: تُحفظ الأحداث وتُرسل من جديد. تأكد أن المستقبِل يعمل ويجيب بـ 2xx.',
    ],
    gaps: ['ينقص شيء تذكره السلسلة', 'ستعاد المحاولة. حدد مصدرًا آخر للكتل باستخدام from.'],
    source: ['مصدر للكتل لا يفيد', 'تُسأل مصادر أخرى في هذه الأثناء. إذا استمر الأمر فحدد مصدرًا آخر باستخدام from.'],
  },
});
