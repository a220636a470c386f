-- What bench/validate.sh compares: for every point the rows of both backends side by side.
CREATE VIEW comparison AS
    SELECT ours.scenario, ours.point, ours.metric, ours.unit, ours.value AS understudy, ns3.value AS ns3,
           100 * (ours.value / ns3.value - 1) AS difference_percent,
           50 * (ours.ci_high - ours.ci_low) / ours.value AS noise_percent -- half of our 95 % interval
    FROM result ours JOIN result ns3 USING (scenario, point, metric)
    WHERE ours.backend = 'sim' AND ns3.backend = 'ns-3';

-- One row a case, for the table: times in milliseconds.
CREATE VIEW cases AS
    SELECT l.scenario, l.point, 1e3 * l.understudy, 1e3 * l.ns3, l.difference_percent, l.noise_percent,
           t.understudy, t.ns3, t.difference_percent
    FROM comparison l JOIN comparison t USING (scenario, point)
    WHERE l.metric = 'latency' AND t.metric = 'throughput'
    ORDER BY l.scenario, json_extract(l.point, '$."network.rate"'), json_extract(l.point, '$."network.delay"'),
             json_extract(l.point, '$."network.loss"'), CAST(json_extract(l.point, '$."clients.count"') AS INTEGER),
             l.understudy;
