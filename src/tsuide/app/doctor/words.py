"""The words of the doctor: what was looked at, what stands there, what to do."""

from typing import Final

from tsuide.kit.phrases import Phrases

_NAMES: Final = {
    "python": ("Python", "Python"),
    "packages": ("パッケージ", "packages"),
    "settings": ("設定", "settings"),
    "secrets": ("秘密の値", "secrets"),
    "clock": ("時計", "clock"),
    "disk": ("ディスク", "disk"),
    "store": ("データベース", "store"),
    "schema": ("スキーマ", "schema"),
    "indexes": ("索引", "indexes"),
    "postgresql": ("PostgreSQLの設定", "PostgreSQL settings"),
    "orders": ("注文", "orders"),
    "products": ("商品", "products"),
    "snapshot": ("学習結果", "snapshot"),
    "policy": ("ポリシー", "policy"),
    "keys": ("APIキー", "API keys"),
    "smtp": ("メールサーバー", "mail server"),
    "mail": ("顧客へのメール", "mail to customers"),
    "segments": ("セグメント", "segments"),
    "journeys": ("ジャーニー", "journeys"),
    "webhooks": ("Webhook", "webhooks"),
}

# code → (found in ja, what to do in ja), (found in en, what to do in en)
_FOUND: Final[dict[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "error": (("{text}", "{way}"), ("{text}", "{way}")),
    "python": (("{version}（{system}）", ""), ("{version} on {system}", "")),
    "packages": (("必要な版がそろっています", ""), ("as needed", "")),
    "package_missing": (
        ("{package}が入っていません", "pip install '{requirement}'"),
        ("{package} is not installed", "pip install '{requirement}'"),
    ),
    "package_old": (
        ("{package} {version}（{floor}以上が必要）", "pip install '{requirement}'"),
        ("{package} {version}, needs {floor}", "pip install '{requirement}'"),
    ),
    "setting_unknown": (
        ("{names}という設定はありません", "綴りを確かめてください（docs/quickstart.md）"),
        ("{names}: not a setting", "check the spelling: docs/quickstart.md"),
    ),
    "secrets": (("十分な長さがあり、見本のままの値はありません", ""), ("long enough, and none is an example's", "")),
    "secret_weak": (
        (
            "{variable}が短いか、見本のままです",
            '次で作り直してください: python -c "import secrets; print(secrets.token_urlsafe(32))"',
        ),
        (
            "{variable} is short, or an example's",
            'draw one: python -c "import secrets; print(secrets.token_urlsafe(32))"',
        ),
    ),
    "database_password": (
        (
            "{host}のデータベースのパスワードが見本のままです",
            "ALTER ROLE {user} PASSWORD '…' で変え、TSUIDE_DATABASE_URLを直してください",
        ),
        (
            "the password of the database at {host} is an example's",
            "ALTER ROLE {user} PASSWORD '…', then TSUIDE_DATABASE_URL",
        ),
    ),
    "clock": (("{at} UTC", ""), ("{at} UTC", "")),
    "clock_early": (
        ("{at} UTC", "このマシンの時計を合わせてください（timedatectl set-ntp true）"),
        ("{at} UTC", "set this machine's clock (timedatectl set-ntp true)"),
    ),
    "clock_database": (
        (
            "データベースの時計と{seconds}秒ずれています",
            "両方のマシンをNTPで合わせてください（timedatectl set-ntp true）",
        ),
        (
            "{seconds} s apart from the database's clock",
            "keep both machines' clocks by NTP (timedatectl set-ntp true)",
        ),
    ),
    "clock_files": (
        (
            "{file}に書かれる時刻が{seconds}秒ずれています",
            "ファイルのあるマシン（NFSなど）の時計を合わせてください",
        ),
        (
            "what is written to {file} is {seconds} s apart",
            "set the clock of the machine that holds the files (NFS …)",
        ),
    ),
    "clock_back": (
        (
            "{what}は{at} UTCのもので、今より後です",
            "時計が戻されたか、進んでいました。合わせてから、その時刻を過ぎるまで接触の上限は厳しめに数えられます",
        ),
        (
            "{what} is of {at} UTC, which is yet to come",
            "the clock was set back, or ran ahead: set it; until then limits on contacts count too many, never too few",
        ),
    ),
    "disk": (("{free}の空き", ""), ("{free} free", "")),
    "disk_full": (
        ("空きは{free}だけです（{place}）", "空きを作ってください。古いバックアップとログから"),
        ("only {free} free at {place}", "free some space: old backups and logs first"),
    ),
    "disk_small": (
        (
            "空きは{free}、データベースは{size}です",
            "バックアップと移行には、データベースの2倍の空きが要ります",
        ),
        ("{free} free, and the store has {size}", "a backup and a migration want twice the store's size"),
    ),
    "disk_readonly": (
        ("{place}に書けません: {text}", "このプロセスの利用者に書き込みを許してください"),
        ("{place} cannot be written: {text}", "let the user of this process write there"),
    ),
    "store": (("{url}、{engine}", ""), ("{url}, {engine}", "")),
    "store_damaged": (
        ("ファイルが壊れています: {text}", "止めて、tsuide restore で直近のバックアップから戻してください"),
        ("the file is damaged: {text}", "stop everything, and tsuide restore the last backup"),
    ),
    "schema": (("{revision}、コードどおりです", ""), ("{revision}, as the code wants it", "")),
    "schema_behind": (
        ("{revision}のままです（このコードは{head}）", "tsuide backup make してから tsuide migrate up"),
        ("stands at {revision}; this code wants {head}", "tsuide backup make, then tsuide migrate up"),
    ),
    "schema_drift": (
        (
            "コードと違います: {what}",
            "手で変えたものを戻すか、tsuide backup make と tsuide restore で作り直してください",
        ),
        ("is not as the code wants it: {what}", "take back what was changed by hand, or make it anew from a backup"),
    ),
    "indexes": (("{count}件すべてあります", ""), ("all {count} are there", "")),
    "index_lacking": (("{index}がありません", "{statement};"), ("{index} is not there", "{statement};")),
    "index_broken": (
        ("{index}が作りかけです", "REINDEX INDEX CONCURRENTLY {index};"),
        ("{index} is half made", "REINDEX INDEX CONCURRENTLY {index};"),
    ),
    "postgresql": (
        ("{version}、接続 {connections} / {most}", ""),
        ("{version}, {connections} of {most} connections", ""),
    ),
    "postgresql_old": (
        ("{version}はもう直されない版です", "PostgreSQL 14以降に上げてください"),
        ("{version} is mended no more", "go to PostgreSQL 14 or later"),
    ),
    "postgresql_encoding": (
        ("文字コードが{value}です", "UTF8のデータベースを作り、tsuide backup make と tsuide restore で移してください"),
        ("the encoding is {value}", "make a database in UTF8 and move there: tsuide backup make, tsuide restore"),
    ),
    "postgresql_unsafe": (
        (
            "{setting} = {value}：電源が落ちると、受け付けた注文や同意が失われます",
            "{setting} を on に戻してください（postgresql.conf、ALTER DATABASE、ALTER ROLE）",
        ),
        (
            "{setting} = {value}: what was acknowledged is lost when the power fails",
            "set {setting} to on (postgresql.conf, ALTER DATABASE, ALTER ROLE)",
        ),
    ),
    "postgresql_timeout": (
        (
            "{setting} = {value} ms：取込や学習が途中で切られます",
            "このデータベースでは外してください: ALTER DATABASE {database} RESET {setting};",
        ),
        (
            "{setting} = {value} ms: imports and learning are cut off",
            "take it off this database: ALTER DATABASE {database} RESET {setting};",
        ),
    ),
    "postgresql_isolation": (
        (
            "既定の分離レベルが{value}です：同時の書込みが断られます",
            "ALTER DATABASE {database} SET default_transaction_isolation = 'read committed';",
        ),
        (
            "the usual isolation is {value}: writers that meet are refused",
            "ALTER DATABASE {database} SET default_transaction_isolation = 'read committed';",
        ),
    ),
    "postgresql_connections": (
        (
            "接続は{most}本まで、うち{connections}本を使用中。1プロセスが最大{each}本使います",
            "max_connectionsを、プロセス数×{each}より多くしてください",
        ),
        (
            "{most} connections at most, {connections} in use; one process may open {each}",
            "let max_connections be more than processes × {each}",
        ),
    ),
    "postgresql_vacuum": (
        ("autovacuumが止まっています", "autovacuum を on に戻してください"),
        ("autovacuum is off", "set autovacuum to on"),
    ),
    "postgresql_wraparound": (
        ("凍結されていない行が{age}トランザクション前のものです", "VACUUM (FREEZE) を今晩流してください"),
        ("the oldest row not yet frozen is {age} transactions old", "run VACUUM (FREEZE) tonight"),
    ),
    "orders": (("{orders}件、{lines}行", ""), ("{orders} with {lines} lines", "")),
    "orders_none": (
        ("ありません", "tsuide import orders FILE または tsuide demo"),
        ("none", "tsuide import orders FILE, or tsuide demo"),
    ),
    "orders_few": (
        ("{orders}件、{lines}行", "{enough}件を超えると、関係が確かになり始めます"),
        ("{orders} with {lines} lines", "from {enough} on, relations begin to be sure"),
    ),
    "orders_ahead": (
        ("最新のものが{at}です", "時間帯の指定を確かめてください"),
        ("the newest is of {at}", "check the time zone"),
    ),
    "products": (("{all}件、うち販売中{sold}件", ""), ("{all}, of which {sold} are on sale", "")),
    "products_none": (
        ("ありません。何も提案できません", "tsuide import products FILE"),
        ("none: nothing can be offered", "tsuide import products FILE"),
    ),
    "products_priceless": (
        ("{sold}件のうち{count}件に価格がありません", "価格のない商品は提案されません。価格を取り込んでください"),
        ("{count} of {sold} have no price", "a product without price is never offered: import prices"),
    ),
    "products_costless": (
        (
            "{sold}件のうち{count}件に原価がありません",
            "原価を取り込むか、ポリシーのmargin_ratesで仮の粗利率を決めてください",
        ),
        ("{count} of {sold} have no cost", "import costs, or set margin_rates in the policy: a margin must be assumed"),
    ),
    "snapshot": (("{id}、照合済み、{at} UTC", ""), ("{id}, verified, of {at} UTC", "")),
    "snapshot_none": (("まだ学習していません", "tsuide learn"), ("nothing learned yet", "tsuide learn")),
    "snapshot_damaged": (
        ("より新しいものが壊れています: {text}", "tsuide learn（提案は前の学習結果で続いています）"),
        ("a newer one is damaged: {text}", "tsuide learn; offers go on from the one before"),
    ),
    "snapshot_old": (
        ("{id}は{days}日前のもので、その後に{orders}件の注文があります", "tsuide learn。毎晩流すには docs/deploy.md"),
        ("{id} is {days} days old, and {orders} orders came since", "tsuide learn; docs/deploy.md does it every night"),
    ),
    "policy": (("{name} {version}、対照群 {holdout} %", ""), ("{name} {version}, {holdout} % holdout", "")),
    "policy_no_holdout": (
        ("{name} {version}、対照群 0 %", "対照群がないと効果を測れません: holdout: 5%"),
        ("{name} {version}, 0 % holdout", "without a holdout no effect can be measured: holdout: 5%"),
    ),
    "keys": (("{names}", ""), ("{names}", "")),
    "keys_none": (
        ("ありません。誰もAPIを呼べません", "tsuide keys create 'web shop'"),
        ("none: nobody can call the API", "tsuide keys create 'web shop'"),
    ),
    "key_broad": (
        (
            "{name}（{id}）：店頭用の鍵は誰でもページから読めるのに、{scopes}までできます",
            "tsuide keys create で店頭だけの鍵を作って差し替え、tsuide keys revoke {id}",
        ),
        (
            "{name} ({id}): anybody reads a storefront key in the page, and it may also {scopes}",
            "tsuide keys create one for the storefront alone, put it in, then tsuide keys revoke {id}",
        ),
    ),
    "key_unused": (
        ("{name}（{id}）は{days}日使われていません", "要らなければ tsuide keys revoke {id}"),
        ("{name} ({id}) has not been used for {days} days", "tsuide keys revoke {id}, if nobody needs it"),
    ),
    "key_old": (
        ("{name}（{id}）は{days}日前に作られました", "新しい鍵に替えて、tsuide keys revoke {id}"),
        ("{name} ({id}) was made {days} days ago", "put a new key in its place, then tsuide keys revoke {id}"),
    ),
    "smtp": (("{host}は応えます", ""), ("{host} answers", "")),
    "smtp_away": (
        (
            "{host}が受け付けません: {text}",
            "TSUIDE_SMTPの宛先、ポート、パスワードを確かめてください。メールは待っています",
        ),
        ("{host} lets nobody in: {text}", "check host, port and password of TSUIDE_SMTP; mails wait meanwhile"),
    ),
    "smtp_plain": (
        ("{host}への通信が暗号化されていません", "smtps:// か、STARTTLSのあるサーバーを使ってください"),
        ("the line to {host} is not encrypted", "use smtps://, or a server with STARTTLS"),
    ),
    "mail": (("{address}として{host}から", ""), ("as {address} through {host}", "")),
    "mail_sender": (
        ("ポリシーに送信者がありません。広告は送られません", "docs/outreach.md"),
        ("the policy names no sender: no advertising goes out", "docs/outreach.md"),
    ),
    "mail_unsigned": (
        ("ここでは署名していません", "TSUIDE_DKIM（メールサーバーが署名するなら不要）"),
        ("not signed here", "TSUIDE_DKIM, unless the mail server signs"),
    ),
    "mail_doubt": (("{count}通が届いたか不明です", "tsuide mail held"), ("{count} in doubt", "tsuide mail held")),
    "segments": (("{count}件、更新中", ""), ("{count}, kept current", "")),
    "segments_late": (
        ("最後の更新は{at} UTCです", "tsuide serve か tsuide worker を動かしてください"),
        ("last brought up to date at {at} UTC", "tsuide serve or tsuide worker keeps them so"),
    ),
    "segment_wrong": (
        ("{id}: {what}: {word}", "tsuide segment set: {way}"),
        ("{id}: {what}: {word}", "tsuide segment set: {way}"),
    ),
    "journeys": (("{count}件が稼働中", ""), ("{count} run", "")),
    "journeys_late": (
        ("{count}件が稼働中で、{at} UTCから待っている人がいます", "tsuide worker を動かしてください"),
        ("{count} run, and somebody is due since {at} UTC", "start a worker: tsuide worker"),
    ),
    "journeys_mute": (
        (
            "{ids}：メールを送るのに、送信者が決まっていません",
            "TSUIDE_MAIL_FROM、TSUIDE_SMTP、TSUIDE_PUBLIC_URLを設定してください（docs/outreach.md）",
        ),
        (
            "{ids}: mail would be sent, and nobody is named as sender",
            "set TSUIDE_MAIL_FROM, TSUIDE_SMTP and TSUIDE_PUBLIC_URL: docs/outreach.md",
        ),
    ),
    "journeys_doubt": (("{doubts}", "tsuide journey show ID"), ("{doubts}", "tsuide journey show ID")),
    "hook_failing": (
        ("{id}が受け取りません: {error}", "{url}を直してください。何も失われません"),
        ("{id} takes nothing: {error}", "mend {url}; nothing is lost"),
    ),
}

WORDS: Final = Phrases(
    {f"name.{name}": {"ja": ja, "en": en} for name, (ja, en) in _NAMES.items()}
    | {
        f"{code}.{part}": {"ja": ja[n], "en": en[n]}
        for code, (ja, en) in _FOUND.items()
        for n, part in enumerate(("found", "do"))
    }
)
