import type { Whys } from './en.ts';

export const fr: Whys = {
  not_checked: [
    'Ce point n’a pas pu être vérifié, car une autre vérification n’a pas abouti.',
    'Voyez les autres vérifications ci-dessous.',
  ],
  altered: [
    'Ce fichier n’est pas celui qui a été délivré. Il a été modifié, ou la preuve appartient à un autre fichier.',
    'Demandez le fichier d’origine, exactement tel que l’émetteur l’a envoyé.',
  ],
  document_missing: [
    'Le document lui-même manque ; son contenu n’a pas été vérifié.',
    'Ajoutez le document auquel cette preuve appartient.',
  ],
  unreadable: [
    'Le fichier n’a pas pu être lu sous la forme dans laquelle il a été délivré.',
    'Demandez le fichier d’origine. Une capture d’écran, une numérisation ou une copie faite par un autre programme ne suffit pas.',
  ],
  not_in_submission: ['La preuve ne mène pas à cette attestation.', 'Redemandez le fichier de preuve.'],
  pending: [
    'Le dépôt a eu lieu, mais la preuve ne montre pas encore l’enregistrement.',
    'Obtenez des éléments plus récents ci-dessous. S’il n’y en a pas encore, réessayez plus tard.',
  ],
  signature_wrong: [
    'La signature n’est pas celle de la clé qu’elle indique.',
    'Ne vous y fiez pas. Interrogez directement l’émetteur.',
  ],
  issuer_unknown: [
    'Quelqu’un a signé, mais rien ici ne dit que la clé est celle de l’émetteur.',
    'Procurez-vous la liste de confiance de l’émetteur par une autre voie, comme son site officiel, et chargez-la sous « À qui je fais confiance ».',
  ],
  issuer_unreadable: [
    'Le document ne permet pas de savoir qui il désigne comme émetteur.',
    'Si vous avez une liste de confiance avec la clé de l’émetteur, chargez-la sous « À qui je fais confiance » ; sinon, interrogez l’émetteur.',
  ],
  issuer_time: [
    'On ne sait pas si la clé de l’émetteur était valable à ce moment-là.',
    'Demandez à l’émetteur si cette clé était alors en service.',
  ],
  name_of_another: [
    'Le signataire n’est pas l’émetteur dont cela devrait venir.',
    'Ne vous y fiez pas. Interrogez l’émetteur désigné.',
  ],
  home_unknown: [
    'On ne sait pas si la clé signe pour le registre où ceci est inscrit.',
    'Interrogez l’émetteur, ou mettez à jour « À qui je fais confiance ».',
  ],
  chain_unknown: [
    'Ceci est inscrit sur une chaîne dont rien n’est connu ici.',
    'Chargez sous « À qui je fais confiance » une liste de confiance qui contient cette chaîne.',
  ],
  registry_unknown: [
    'Ceci est inscrit dans un registre qui n’est pas connu ici.',
    'Chargez sous « À qui je fais confiance » une liste de confiance qui contient ce registre.',
  ],
  evidence_missing: [
    'Il manque à la preuve les éléments qui décident.',
    'Obtenez des éléments plus récents ci-dessous, ou demandez une preuve plus récente.',
  ],
  evidence_bad: [
    'Les éléments de la preuve ne tiennent pas.',
    'Obtenez des éléments plus récents ci-dessous, ou redemandez le fichier de preuve.',
  ],
  newer_verifier: [
    'La preuve contient des éléments plus récents que ce que lit cette page.',
    'Ouvrez une version plus récente de cette page.',
  ],
  not_anchored: [
    'À ce moment-là, ceci n’était pas inscrit au registre.',
    'Obtenez des éléments plus récents ci-dessous, ou interrogez l’émetteur.',
  ],
  not_final: [
    'On ne peut pas dire ici si l’inscription est définitive.',
    'Obtenez des éléments plus récents ci-dessous, ou mettez à jour « À qui je fais confiance ».',
  ],
  revoked: [
    'L’émetteur a retiré cette attestation.',
    'Demandez-lui pourquoi si nécessaire. Il existe peut-être une version corrigée.',
  ],
  suspended: [
    'L’émetteur a suspendu cette attestation pour le moment.',
    'Interrogez-le, ou revérifiez plus tard avec des éléments plus récents.',
  ],
  retired: [
    'L’émetteur avait abandonné la clé qui a servi à signer.',
    'Demandez une nouvelle attestation à l’émetteur.',
  ],
  status_old: [
    'Il y a trop longtemps que l’on a regardé si ceci tient toujours.',
    'Obtenez des éléments plus récents ci-dessous, ou demandez une preuve plus récente.',
  ],
  status_missing: ['La preuve ne montre pas si ceci tient toujours.', 'Obtenez des éléments plus récents ci-dessous.'],
  status_future: [
    'Les éléments sont datés de plus tard que maintenant.',
    'Vérifiez l’horloge de cet appareil et réessayez.',
  ],
  expired: [
    'Cette attestation a expiré.',
    'Demandez-en une plus récente. S’il importe seulement qu’elle ait été valable alors, indiquez ci-dessous une date antérieure.',
  ],
  not_yet_valid: ['Cette attestation n’est pas encore valable.', 'Revérifiez quand elle commencera.'],
  dates_unreadable: [
    'On ne peut pas dire avec certitude à partir de quand ou jusqu’à quand elle vaut.',
    'Regardez les dates dans le document et interrogez l’émetteur.',
  ],
  recipient_other: [
    'Ceci concerne une autre personne que celle que vous avez indiquée.',
    'Vérifiez le nom ou l’adresse saisis.',
  ],
  recipient_unknown: [
    'On ne peut pas dire si ceci concerne la personne que vous avez indiquée.',
    'Demandez au titulaire l’adresse à laquelle l’attestation a été reçue.',
  ],
  test_chain: [
    'Ceci a été délivré sur un réseau d’essai et ne vaut rien en dehors des essais.',
    'Si vous faites des essais, autorisez les réseaux d’essai sous « À qui je fais confiance ».',
  ],
  signature_broken: [
    'La signature contenue dans le document n’est pas valable.',
    'Demandez le fichier d’origine, exactement tel que l’émetteur l’a envoyé.',
  ],
  signature_absent: ['Le document n’a pas de signature propre.', 'La preuve est vérifiée malgré tout.'],
  signature_unsupported: [
    'La signature propre du document est d’un genre qui n’est pas lu ici.',
    'La preuve est vérifiée malgré tout.',
  ],
  key_unknown: [
    'La clé de la signature propre du document n’est pas disponible.',
    'La preuve est vérifiée malgré tout.',
  ],
  elsewhere_unknown: [
    'La liste propre de l’émetteur de ce qu’il a retiré n’est pas disponible.',
    'La preuve est vérifiée malgré tout.',
  ],
  not_looked_at: [
    'Le programme n’a pas pu examiner ce fichier. Cela ne dit rien de lui.',
    'Essayez-le seul, ou avec l’outil en ligne de commande.',
  ],
  no_proof: [
    'Il n’y a ici aucune preuve de ce fichier.',
    'Ajoutez son fichier de preuve, dont le nom finit en général par .proof.json.',
  ],
  skipped: [
    'Ce fichier n’est ni une attestation ni une preuve.',
    'Choisissez le fichier que vous avez reçu comme badge, certificat ou preuve.',
  ],
  other: ['On ne peut pas le dire.', 'Voyez les vérifications ci-dessous.'],
};
