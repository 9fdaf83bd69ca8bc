"""How mail programs, in many languages, announce what they quote, that nobody is there, that a mail came back.

Data: lines are as long as their language has words.
"""

# ruff: noqa: E501

import re

WROTE = (
    "wrote",
    "writes",
    "schrieb",
    "schreibt",
    "a écrit",
    "a ecrit",
    "ha scritto",
    "escribió",
    "escribio",
    "ha escrit",
    "escreveu",
    "schreef",
    "geschreven",
    "skrev",
    "skreiv",
    "kirjoitti",
    "napisał",
    "napisała",
    "napisał(a)",
    "napsal",
    "napsala",
    "napsal(a)",
    "napísal",
    "napísala",
    "napísal(a)",
    "írta",
    "a scris",
    "scrie",
    "написал",
    "написала",
    "написал(а)",
    "пишет",
    "пише",
    "έγραψε",
    "yazdı",
    "写道",
    "寫道",
    "のメッセージ",
    "さんは書きました",
    "님이 작성",
    "작성",
    "viết",
    "menulis",
    "je napisal",
    "je napisala",
    "je napisao",
    "rašė",
    "kirjutas",
    "rakstīja",
    "כתב",
    "كتب",
)
# The words that an attribution begins with; a date has to follow.
STARTS = (
    "on|le|el|il|em|op|am|um|den|det|dne|dnia|w dniu|pe|pada|vào|a\\(z\\)|in data|no dia|em|på|the|у|στις|de|da|von|från"
    "|fra|od|от|enviado|lähettäjä|den|tarihinde|i|al|la|na|kuupäeval|dňa|v|в"
)
DAY = (
    "mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim|mo|di|mi|do|fr|sa|so|man|tir|ons|tor|fre|lør|lör|søn|sön"
    "|mån|tis|lu|ma|je|ve|di|wo|vr|za|zo|pon|wt|śr|czw|pt|sob|nd|пн|вт|ср|чт|пт|сб|вс|dom|lun|mié|jue|vie|sáb|seg|ter"
    "|qua|qui|sex|gio|sab|út|st|čt|pá|so|ne"
)
FROM = (
    "from|de|von|van|da|från|fra|lähettäjä|od|от|від|feladó|kimden|gönderen|von/from|from/von|από|expéditeur|remitente"
    "|mittente|afzender|absender|发件人|寄件者|寄件人|差出人|送信元|보낸 사람|보낸사람|מאת|من|nadawca|odesílatel|expeditor|de la|from name"
)
ABOUT = (
    "sent|date|to|cc|bcc|subject|reply-to|gesendet|datum|an|kopie|betreff|antwort an|envoyé|envoyée|envoyé le|date d'envoi"
    "|à|a|copie|copie à|objet|inviato|data|oggetto|ogg|enviado|enviado el|enviada em|fecha|para|asunto|assunto|verzonden|aan"
    "|onderwerp|skickat|till|kopia|ämne|sendt|dato|til|emne|lähetetty|päivämäärä|päiväys|vastaanottaja|kopio|aihe|wysłano"
    "|do|dw|temat|odesláno|komu|kopie|předmět|datum|elküldve|címzett|tárgy|másolatot kap|gönderildi|tarih|kime|konu"
    "|отправлено|дата|кому|копия|тема|відправлено|копія|ημερομηνία|προς|κοιν|θέμα|发送时间|发送日期|收件人|抄送|主题|寄件日期|收件者"
    "|副本|主旨|日期|送信日時|日時|宛先|件名|보낸 날짜|받는 사람|날짜|참조|제목|נשלח|אל|נושא|trimis|către|subiect|when|importance|sendt den"
)
ORIGINAL = (
    "original message|original email|original e-mail|original appointment|original-nachricht|originalnachricht"
    "|ursprüngliche nachricht|ursprungliche nachricht|ursprüngliche mail|message d'origine|message original|mail original"
    "|message initial|messaggio originale|mensaje original|mensagem original|oorspronkelijk bericht|originele bericht"
    "|ursprungligt meddelande|originalmeddelande|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti"
    "|wiadomość oryginalna|oryginalna wiadomość|исходное сообщение|пересылаемое сообщение исходное|původní zpráva"
    "|originální zpráva|eredeti üzenet|mesaj original|orijinal ileti|original besked|原始邮件|原始郵件|元のメッセージ|원본 메시지"
    "|ursprüngliche nachricht |reply message|antwort nachricht|-original message"
)
FORWARDED = (
    "forwarded message|forwarded email|begin forwarded message|weitergeleitete nachricht|weitergeleitete mail"
    "|anfang der weitergeleiteten nachricht|anfang der weitergeleiteten e-mail|message transféré|message transmis"
    "|début du message transféré|début du message réexpédié|courriel transféré|mensaje reenviado|inicio del mensaje reenviado"
    "|messaggio inoltrato|inizio messaggio inoltrato|mensagem encaminhada|início da mensagem reencaminhada"
    "|doorgestuurd bericht|begin doorgestuurd bericht|vidarebefordrat meddelande|vidarebefordrat brev"
    "|videresendt meddelelse|videresendt melding|välitetty viesti|wiadomość przekazana|przekazana wiadomość"
    "|treść przekazanej wiadomości|пересылаемое сообщение|пересланное сообщение|přeposlaná zpráva|továbbított üzenet"
    "|iletilen mesaj|转发的邮件|轉寄的郵件|転送されたメッセージ|전달된 메시지"
)
FORWARD_SUBJECT = re.compile(
    r"\s*(?:fwd?|wg|tr|rv|enc|i|vb|vs|pd|fs|doorst|vl|továbbítás|转发|轉寄|İLT)\s?(?:\[\d{1,3}\])?\s?[:：]",
    re.IGNORECASE,
)
ABOVE = re.compile(
    r"(?:please )?(?:reply|type your reply|write your reply|respond|add your comment|enter your reply) above this line"
    r"|bitte (?:antworten sie )?(?:ober|über)halb dieser (?:linie|zeile)(?: antworten)?"
    r"|(?:r[ée]pondez|[ée]crivez)[^.]{0,40} au-dessus de cette ligne|responda por encima de esta l[íi]nea"
    r"|rispondi sopra questa riga|responda acima desta linha|antwoord boven deze lijn",
    re.IGNORECASE,
)
SENT_FROM = re.compile(
    r"(?:sent|e?mailed) (?:from|via|with|by|using) (?:my |an? |the )?[^\s,.;:!?]+(?: [^\s,;:!?]+){0,6}[.!]?"
    r"|sent from (?:mail for windows(?: 10)?|outlook(?: for (?:ios|android))?)"
    r"|get outlook for \w+|download outlook for \w+|sent from yahoo mail.{0,40}"
    r"|von (?:meinem|meiner) [^.,;:]{2,60} gesendet\.?|gesendet (?:von|mit|über|aus) (?:meinem |meiner |der )?[^.,;:]{2,60}\.?"
    r"|diese nachricht wurde von meinem [^.,;:]{2,60} gesendet\.?|outlook für \w+ (?:beziehen|herunterladen|abrufen)"
    r"|envoy[ée] (?:de|depuis|à partir d[e']|avec|via) ?(?:mon |ma |la |l'|l’)?[^.,;:]{2,60}|t[ée]l[ée]charger? outlook pour \w+"
    r"|obtenir outlook pour \w+|provenance : .{2,40}"
    r"|enviado (?:desde|do|a partir de|de|pelo|con|con el) (?:mi |meu |el |un )?[^.,;:]{2,60}|obtener outlook para \w+"
    r"|inviato (?:da|dal|con) (?:il mio |mio )?[^.,;:]{2,60}|ottieni outlook per \w+"
    r"|verstuurd (?:vanaf|met|via) (?:mijn )?[^.,;:]{2,60}|verzonden (?:vanaf|met|via) (?:mijn )?[^.,;:]{2,60}"
    r"|outlook voor \w+ downloaden|skickat från min [^.,;:]{2,60}|sendt fra (?:min )?[^.,;:]{2,60}"
    r"|lähetetty [^.,;:]{2,60}(?:sta|stä|lta|ltä)|wysłane z [^.,;:]{2,60}|odesláno z [^.,;:]{2,60}|отправлено с(?: моего)? [^.,;:]{2,60}"
    r"|отправлено из [^.,;:]{2,60}|надіслано з [^.,;:]{2,60}|发自我的 ?\S{2,40}|從我的.{2,30}傳送|iphoneから送信|나의 .{2,30}에서 보냄",
    re.IGNORECASE,
)

AWAY = re.compile(
    r"out[- ]of[- ](?:the[- ])?office|auto(?:matic|mated)?[ -]?(?:reply|response|answer|replied)|autoreply|^\s*auto:"
    r"|away from (?:the|my) (?:office|mail|desk)|on (?:vacation|annual leave|parental leave|maternity leave)"
    r"|automatische (?:antwort|abwesenheit|reaktion)|abwesenheits(?:notiz|benachrichtigung|nachricht|assistent|meldung)"
    r"|abwesend:|nicht im b(?:ü|ue)ro|au(?:ß|ss)er haus|ich bin (?:im urlaub|abwesend)"
    r"|r[ée]ponse automatique|absence du bureau|absent du bureau|message d'absence|notification d'absence|je suis absente?\b"
    r"|respuesta autom[áa]tica|fuera de (?:la )?oficina|ausente de la oficina|contestador autom[áa]tico"
    r"|risposta automatica|fuori (?:sede|ufficio)|assente dall'ufficio"
    r"|resposta autom[áa]tica|fora do escrit[óo]rio|aus[êe]ncia tempor[áa]ria"
    r"|automatisch antwoord|afwezigheids(?:bericht|melding)|afwezig:|niet aanwezig"
    r"|autosvar|automatiskt svar|automatisk svar|frånvaro|frav[æa]r|fravær|ikke p[åa] kontoret|poissa toimistosta"
    r"|automaattinen vastaus|autowarnung|automatyczna odpowied[źz]|nieobecno[śs][ćc]|poza biurem"
    r"|automatick[áa] odpov[ěe][ďd]|mimo kancel|automatikus v[áa]lasz|h[áa]zon k[íi]v[üu]l|r[ăa]spuns automat"
    r"|автоматический ответ|автоответ|вне офиса|автоматична відповідь|αυτόματη απάντηση|otomatik (?:yan[ıi]t|cevap)"
    r"|自動応答|自動返信|不在|自动回复|自動回覆|自动答复|외출 중|자동 회신|부재중|מענה אוטומטי|رد تلقائي",
    re.IGNORECASE,
)
UNDELIVERED = re.compile(
    r"undeliver(?:able|ed)|undelivered|non[- ]?deliver(?:y|able)|deliver(?:y|ed)? (?:status|fail|problem|error|report|delay|incomplete)"
    r"|(?:mail|message) (?:delivery|could not be delivered|not delivered|undeliverable|error|status report)|failure notice"
    r"|return(?:ed|ing) (?:mail|message|to sender)|mail (?:system )?error|error sending|delayed mail|warning: (?:could not send|message)"
    r"|could not (?:be delivered|send)|unable to deliver|nondeliverable|delivery failure|mail failure|user unknown|rejected"
    r"|unzustellbar|nicht zugestellt|r[üu]cksendung|non remis|[ée]chec de (?:la )?remise|no se puede entregar|impossibile (?:recapitare|consegnare)"
    r"|onbestelbaar|não entregue|недоставлен|не доставлено",
    re.IGNORECASE,
)
