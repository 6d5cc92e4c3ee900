"""Deals with their lines, history and quotes; price lists of accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('deal',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=True),
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('needs', sa.Text(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('order_id', sa.Text(), nullable=True),
    sa.CheckConstraint("stage IN ('lead', 'qualified', 'quoted', 'negotiation', 'won', 'lost')", name=op.f('ck_deal_stage')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deal')),
    )
    op.create_index(op.f('ix_deal_customer_id'), 'deal', ['customer_id'], unique=False)
    op.create_index(op.f('ix_deal_owner'), 'deal', ['owner'], unique=False)
    op.create_index(op.f('ix_deal_stage_changed_at'), 'deal', ['stage', 'changed_at'], unique=False)
    op.create_table('deal_event',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('deal_id', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('deed', sa.Text(), nullable=False),
    sa.Column('who', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('content', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_deal_event')),
    )
    op.create_index(op.f('ix_deal_event_deal_id'), 'deal_event', ['deal_id'], unique=False)
    op.create_table('price_list',
    sa.Column('list', sa.Text(), nullable=False),
    sa.Column('product_id', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('least', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('price', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('list', 'product_id', 'currency', 'least', name=op.f('pk_price_list')),
    )
    op.create_table('deal_line',
    sa.Column('deal_id', sa.Text(), nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('product_id', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('unit_price', sa.BigInteger(), nullable=True),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('discount', sa.BigInteger(), nullable=False),
    sa.Column('tax_rate', sa.BigInteger(), nullable=False),
    sa.Column('tax_included', sa.SmallInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('with_id', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=True),
    sa.Column('price_from', sa.Text(), nullable=False),
    sa.Column('requires', sa.Text(), nullable=False),
    sa.Column('decision_id', sa.Text(), nullable=True),
    sa.Column('offer_id', sa.Text(), nullable=True),
    sa.CheckConstraint("role IN ('main', 'attached')", name=op.f('ck_deal_line_role')),
    sa.CheckConstraint("state IN ('proposed', 'accepted', 'declined')", name=op.f('ck_deal_line_state')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_deal_line_deal_id')),
    sa.PrimaryKeyConstraint('deal_id', 'place', name=op.f('pk_deal_line')),
    )
    op.create_index(op.f('ix_deal_line_offer_id'), 'deal_line', ['offer_id'], unique=False)
    op.create_table('deal_quote',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('deal_id', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('buyer', sa.Text(), nullable=True),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('acceptance_id', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_deal_quote_deal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_quote')),
    sa.UniqueConstraint('deal_id', 'number', name=op.f('uq_deal_quote_deal_id_number')),
    )
    op.create_index(op.f('ix_deal_quote_acceptance_id'), 'deal_quote', ['acceptance_id'], unique=False)
    


def downgrade() -> None:

    op.drop_index(op.f('ix_deal_quote_acceptance_id'), table_name='deal_quote')
    op.drop_table('deal_quote')
    op.drop_index(op.f('ix_deal_line_offer_id'), table_name='deal_line')
    op.drop_table('deal_line')
    op.drop_table('price_list')
    op.drop_index(op.f('ix_deal_event_deal_id'), table_name='deal_event')
    op.drop_table('deal_event')
    op.drop_index(op.f('ix_deal_stage_changed_at'), table_name='deal')
    op.drop_index(op.f('ix_deal_owner'), table_name='deal')
    op.drop_index(op.f('ix_deal_customer_id'), table_name='deal')
    op.drop_table('deal')
    
