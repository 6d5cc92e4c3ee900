"""What each setting of the environment is for."""

from typing import Final

from tsuide.kit.phrases import Phrases

ENVIRONMENT: Final = Phrases(
    {
        "home": {"ja": "お店のフォルダー（記録と学習結果）", "en": "The shop's folder: store and snapshots"},
        "database_url": {"ja": "データベース", "en": "Database"},
        "time_zone": {"ja": "時間帯", "en": "Time zone"},
        "currency": {"ja": "通貨", "en": "Currency"},
        "language": {"ja": "言語", "en": "Language"},
        "trace_durability": {"ja": "判断の記録の丈夫さ", "en": "How durable decisions are"},
        "demo_shop": {"ja": "デモのお店", "en": "The demo shop is served"},
        "agents": {"ja": "エージェント向けの道具（MCP）", "en": "Tools for agents (MCP)"},
        "shopify_secrets": {"ja": "ShopifyのWebhookの署名", "en": "Who signs Shopify's webhooks"},
        "shopify_domain": {"ja": "Shopifyのドメイン", "en": "The shop's domain at Shopify"},
        "woocommerce_secrets": {"ja": "WooCommerceのWebhookの署名", "en": "Who signs WooCommerce's webhooks"},
        "customer_secrets": {"ja": "お客様のトークンの署名", "en": "Who signs customer tokens"},
        "rates": {"ja": "APIキーの速さ", "en": "Rates of API keys"},
        "in_flight": {"ja": "同時に処理するリクエストの数", "en": "Requests at work at once"},
        "metrics": {"ja": "/metrics を読める人", "en": "Who may read /metrics"},
        "request_log": {"ja": "リクエストの記録", "en": "Which requests are logged"},
        "tracing": {"ja": "OpenTelemetryの送信", "en": "OpenTelemetry spans are sent"},
        "smtp": {"ja": "メールサーバー", "en": "Mail server"},
        "mail_from": {"ja": "差出人", "en": "Sender of mail"},
        "public_url": {"ja": "このサーバーの公開アドレス", "en": "Where customers reach this server"},
        "product_page": {"ja": "商品ページのアドレス", "en": "Address of a product's page"},
        "dkim": {"ja": "メールの署名（DKIM）", "en": "Who signs mail (DKIM)"},
        "mail_return": {"ja": "不達の返送先", "en": "Where bounces go"},
        "mail_rates": {"ja": "1分あたりのメールの上限", "en": "Mails a minute to a domain"},
        "mail_warm_up": {"ja": "慣らし送信", "en": "Warm-up of a new sender"},
        "bounces": {"ja": "不達を読むフォルダー", "en": "Where bounces are read"},
        "carriers": {"ja": "メール以外の送信先", "en": "Who carries other channels"},
        "carrier_secret": {"ja": "送信内容の署名", "en": "Signs what is sent over HTTP"},
        "line_token": {"ja": "LINE公式アカウントのトークン", "en": "Token of the LINE official account"},
        "line_endpoint": {"ja": "LINEのアドレス", "en": "LINE's address"},
        "inner_webhooks": {"ja": "社内アドレスへのWebhook", "en": "Webhooks into the own network"},
        "retention": {"ja": "個人データの保存日数", "en": "Days that people's data is kept"},
        "shop": {"ja": "このお店の名前", "en": "Name of this shop"},
        "more_shops": {"ja": "同じサーバーのほかのお店", "en": "More shops of this server"},
    }
)
