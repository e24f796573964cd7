-- Purpose: an amount as a sentence shows it.
-- Grain:   scalar macro: one text for one amount.
-- Units:   USD.
-- Source:  its argument.

create or replace macro usd_text(amount) as
case
    when abs(amount) < 1 and amount != 0
        then format('${:,.4f}', amount::double)
    else format('${:,.2f}', amount::double)
end;

comment on macro usd_text is  -- noqa: PRS
'Amount in USD as text: cents, and four places below one dollar.';
