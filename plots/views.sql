-- What every figure asks the database through: `sqlite3 -readonly -init plots/views.sql FILE "SELECT ..."`. Rows come with
-- blanks between columns, texts in double quotes, as gnuplot reads them. Of several seeds the latest run's is taken.
.mode list
.separator " "
CREATE TEMP VIEW drawn AS
    SELECT scenario, point ->> 'scheme' AS scheme, coalesce(CAST(point ->> '$."clients.reply"' AS REAL), 0) AS kb,
           metric, host, value, ci_low AS low, ci_high AS high
    FROM summary
    WHERE backend = 'sim' AND point ->> 'scheme' IS NOT NULL
      AND seed = (SELECT seed FROM run WHERE run.scenario = summary.scenario AND run.backend = 'sim'
                  ORDER BY started_at DESC LIMIT 1);
-- The same of both backends.
CREATE TEMP VIEW both AS
    SELECT backend, scenario, point, point ->> 'scheme' AS scheme, coalesce(CAST(point ->> '$."clients.reply"' AS REAL), 0) AS kb,
           metric, host, value
    FROM summary
    WHERE point ->> 'scheme' IS NOT NULL
      AND seed = (SELECT seed FROM run WHERE run.scenario = summary.scenario AND run.backend = summary.backend
                  ORDER BY started_at DESC LIMIT 1);
-- Schemes in the order of the paper, and of their colours.
CREATE TEMP TABLE scheme_order (scheme TEXT, place INTEGER);
INSERT INTO scheme_order VALUES ('unreplicated', 1), ('simplex', 2), ('duplex', 3), ('duplex-mi', 4), ('user-proxies', 5);
-- Bars of cycles: a place for each scheme and server, a wider gap in front of each reply size.
CREATE TEMP VIEW bar AS
    SELECT *, row_number() OVER (PARTITION BY scenario ORDER BY kb, place, host DESC)
              + 1.2 * (dense_rank() OVER (PARTITION BY scenario ORDER BY kb) - 1) AS x,
           '"' || scheme || iif(host = 'primary' AND NOT EXISTS (SELECT 1 FROM drawn AS other
               WHERE other.scenario = d.scenario AND other.scheme = d.scheme AND other.host = 'backup'),
               '', ' ' || host) || '"' AS label
    FROM drawn AS d JOIN scheme_order USING (scheme)
    WHERE metric = 'cycles' AND host IN ('primary', 'backup');
-- Numbers of others, from the file that the user may add to.
CREATE TEMP TABLE reference (figure TEXT, mode TEXT, reply_bytes REAL, metric TEXT, value REAL, unit TEXT, source TEXT);
.import --csv "|grep -v '^#' scenarios/paper/reference.csv" reference
