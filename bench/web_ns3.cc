/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * web_ns3 - the web traffic of a scenario file in ns-3, as far as ns-3 has words for it: clients of a closed loop and one
 * server, on one cable or around a router that stands for our switch.
 *
 * Reads a run's parameters from standard input, one "name: value" a line, as the results database keeps them (table `run`),
 * and prints one line: latency_s throughput requests packets events CPU_seconds resident_MiB own_MiB; all of the
 * measured time (run.duration), but for the memory: the most there ever was, and what at the end belongs to no file. A packet
 * counts on each cable that it passes.
 * Options:
 *
 *   --queue=fifo    cables' queues alone, unlimited (default); `default`: ns-3's FqCoDel and 100 packets behind it
 *   --scheduler=T   ns3::PriorityQueueScheduler and the like (default: ns-3's own)
 *
 * What ns-3 has no word for must be as in scenarios/validate.yaml: host costs of zero, unlimited queues.
 */
#include "bench/hold.h"

#include <iostream>
#include <map>
#include <string>
#include <unistd.h>

#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"
#include "ns3/traffic-control-module.h"

using namespace ns3;

namespace
{

const uint32_t REPLY_HEAD_BYTES = 250; /* models/web/exchange.h */
const uint16_t HTTP_PORT = 80;
const uint32_t SERVER_IP = 0x0a000001;

/* --- parameters ----------------------------------------------------------------------------------------------- */

struct Settings {
    double rate_bps, delay_s, loss;
    uint32_t clients, machines, request_bytes, reply_bytes;
    bool keep_alive, direct;
    double warmup_s, duration_s, spread_s;
    double rto_min_s, time_wait_s, delayed_ack_s; /* 0: the profile's */
    uint32_t initial_window, buffer_bytes;
};

/* The units of sim/quantity.c; durations come out in seconds, sizes in bytes, rates in bits/s. */
double Quantity(const std::string &text)
{
    static const std::map<std::string, double> units = {
        {"", 1},           {"%", 0.01}, {"ns", 1e-9},  {"us", 1e-6},  {"ms", 1e-3}, {"s", 1},
        {"min", 60},       {"B", 1},    {"KB", 1024},  {"KiB", 1024}, {"kB", 1e3},  {"MB", 1e6},
        {"MiB", 1048576.}, {"bps", 1},  {"kbps", 1e3}, {"Mbps", 1e6}, {"Gbps", 1e9}};
    size_t end;
    double number = std::stod(text, &end);
    auto unit = units.find(text.substr(end));
    if (unit == units.end()) {
        std::cerr << "web_ns3: '" << text << "' has no unit that is known here\n";
        exit(2);
    }
    return number * unit->second;
}

class Parameters
{
  public:
    explicit Parameters(std::istream &in)
    {
        for (std::string line; std::getline(in, line);) {
            size_t colon = line.find(": ");
            if (colon != std::string::npos)
                m_values[line.substr(0, colon)] = line.substr(colon + 2);
        }
    }

    std::string Text(const std::string &name) const
    {
        auto value = m_values.find(name);
        if (value == m_values.end()) {
            std::cerr << "web_ns3: parameter " << name << " is missing on standard input\n";
            exit(2);
        }
        return value->second;
    }

    double Number(const std::string &name) const
    {
        return Quantity(Text(name));
    }

  private:
    std::map<std::string, std::string> m_values;
};

Settings Read(const Parameters &from)
{
    Settings s;
    s.rate_bps = from.Number("network.rate");
    s.delay_s = from.Number("network.delay");
    s.loss = from.Number("network.loss");
    s.clients = (uint32_t)from.Number("clients.count");
    s.machines = (uint32_t)from.Number("network.client_machines");
    s.direct = from.Text("network.direct") == "yes";
    s.request_bytes = (uint32_t)from.Number("clients.head");
    s.reply_bytes = (uint32_t)from.Number("clients.reply") + REPLY_HEAD_BYTES;
    s.keep_alive = from.Text("clients.connection") == "keep-alive";
    s.warmup_s = from.Number("run.warmup");
    s.duration_s = from.Number("run.duration");
    s.spread_s = from.Number("clients.start_spread");
    s.rto_min_s = from.Number("tcp.rto_min");
    s.time_wait_s = from.Number("tcp.time_wait");
    s.delayed_ack_s = from.Number("tcp.delayed_ack");
    s.initial_window = (uint32_t)from.Number("tcp.initial_window");
    s.buffer_bytes = (uint32_t)from.Number("tcp.receive_buffer");
    if (s.buffer_bytes != (uint32_t)from.Number("tcp.send_buffer") ||
        from.Text("tcp.profile") != "ns-3" || from.Text("network.ppp") != "yes" ||
        from.Text("scheme") != "unreplicated") {
        std::cerr << "web_ns3: needs tcp.profile ns-3, network.ppp, scheme unreplicated and send "
                     "and receive buffers of one size\n";
        exit(2);
    }
    return s;
}

/* --- the traffic ---------------------------------------------------------------------------------------------- */

Settings settings;
uint64_t requests, measured;
double latency_sum_s;

/* The server's side of one connection. */
class Connection : public SimpleRefCount<Connection>
{
  public:
    explicit Connection(Ptr<Socket> socket) : m_socket(socket)
    {
        socket->SetRecvCallback(MakeCallback(&Connection::Receive, this));
        socket->SetSendCallback(MakeCallback(&Connection::Room, this));
        socket->SetCloseCallbacks(MakeCallback(&Connection::Closed, this),
                                  MakeCallback(&Connection::Closed, this));
    }

  private:
    void Receive(Ptr<Socket> socket)
    {
        while (Ptr<Packet> packet = socket->Recv())
            m_received += packet->GetSize();
        if (m_received < settings.request_bytes)
            return;
        m_received -= settings.request_bytes;
        m_unsent = settings.reply_bytes;
        Write();
    }

    void Room(Ptr<Socket>, uint32_t)
    {
        if (m_unsent > 0)
            Write();
    }

    void Write()
    {
        while (m_unsent > 0) {
            uint32_t room = m_socket->GetTxAvailable();
            int sent = room > 0 ? m_socket->Send(Create<Packet>(std::min(m_unsent, room))) : 0;
            if (sent <= 0)
                return;
            m_unsent -= (uint32_t)sent;
        }
        /* Send() leaves the packet to an event one nanosecond from now; a FIN asked for before that would ride on it. */
        if (!settings.keep_alive)
            Simulator::Schedule(NanoSeconds(2), &Connection::Close, this);
    }

    void Close()
    {
        m_socket->Close();
    }

    void Closed(Ptr<Socket> socket)
    {
        socket->SetRecvCallback(MakeNullCallback<void, Ptr<Socket>>());
        socket->SetSendCallback(MakeNullCallback<void, Ptr<Socket>, uint32_t>());
        socket->SetCloseCallbacks(MakeNullCallback<void, Ptr<Socket>>(),
                                  MakeNullCallback<void, Ptr<Socket>>());
        Simulator::ScheduleNow(&Connection::Delete, this);
    }

    void Delete()
    {
        delete this;
    }

    Ptr<Socket> m_socket;
    uint32_t m_received = 0, m_unsent = 0;
};

void Accept(Ptr<Socket> socket, const Address &)
{
    new Connection(socket); /* it deletes itself */
}

/* One client of the closed loop; with "Connection: close" it goes on when the server's FIN is there, as ours do. */
class Client
{
  public:
    void Init(Ptr<Node> node)
    {
        m_node = node;
    }

    void Begin()
    {
        m_started_s = Simulator::Now().GetSeconds();
        if (m_socket != nullptr) {
            SendRequest(m_socket);
            return;
        }
        m_socket = Socket::CreateSocket(m_node, TcpSocketFactory::GetTypeId());
        m_socket->SetConnectCallback(MakeCallback(&Client::SendRequest, this),
                                     MakeCallback(&Client::Fail, this));
        m_socket->SetRecvCallback(MakeCallback(&Client::Receive, this));
        m_socket->SetCloseCallbacks(MakeCallback(&Client::Closed, this),
                                    MakeCallback(&Client::Fail, this));
        m_socket->Connect(InetSocketAddress(Ipv4Address(SERVER_IP), HTTP_PORT));
    }

  private:
    void SendRequest(Ptr<Socket> socket)
    {
        m_received = 0;
        socket->Send(Create<Packet>(settings.request_bytes));
    }

    void Receive(Ptr<Socket> socket)
    {
        while (Ptr<Packet> packet = socket->Recv())
            m_received += packet->GetSize();
        if (m_received < settings.reply_bytes)
            return;
        m_received = 0;
        Count();
        if (settings.keep_alive)
            Begin();
    }

    void Count() const
    {
        double now_s = Simulator::Now().GetSeconds();
        requests++;
        if (now_s <= settings.warmup_s || now_s > settings.warmup_s + settings.duration_s)
            return;
        measured++;
        latency_sum_s += now_s - m_started_s;
    }

    /* The peer's FIN is here. A Close() from inside this callback would make ns-3 acknowledge it twice. */
    void Closed(Ptr<Socket>)
    {
        Simulator::ScheduleNow(&Client::CloseAndBegin, this);
    }

    void CloseAndBegin()
    {
        m_socket->SetConnectCallback(MakeNullCallback<void, Ptr<Socket>>(),
                                     MakeNullCallback<void, Ptr<Socket>>());
        m_socket->SetRecvCallback(MakeNullCallback<void, Ptr<Socket>>());
        m_socket->SetCloseCallbacks(MakeNullCallback<void, Ptr<Socket>>(),
                                    MakeNullCallback<void, Ptr<Socket>>());
        m_socket->Close();
        m_socket = nullptr;
        Begin();
    }

    void Fail(Ptr<Socket>)
    {
        std::cerr << "web_ns3: a connection failed at " << Simulator::Now().GetSeconds() << " s\n";
        exit(1);
    }

    Ptr<Node> m_node;
    Ptr<Socket> m_socket;
    uint32_t m_received = 0;
    double m_started_s = 0;
};

/* --- the world ------------------------------------------------------------------------------------------------ */

void SetDefaults()
{
    Config::SetDefault("ns3::TcpL4Protocol::SocketType", TypeIdValue(TcpNewReno::GetTypeId()));
    Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(1460));
    Config::SetDefault("ns3::TcpSocketBase::Timestamp", BooleanValue(false));
    Config::SetDefault("ns3::TcpSocketBase::MinRto",
                       TimeValue(Seconds(settings.rto_min_s > 0 ? settings.rto_min_s : 0.2)));
    if (settings.initial_window > 0)
        Config::SetDefault("ns3::TcpSocket::InitialCwnd", UintegerValue(settings.initial_window));
    if (settings.buffer_bytes > 0) {
        Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(settings.buffer_bytes));
        Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(settings.buffer_bytes));
    }
    if (settings.delayed_ack_s > 0)
        Config::SetDefault("ns3::TcpSocket::DelAckTimeout",
                           TimeValue(Seconds(settings.delayed_ack_s)));
    if (settings.time_wait_s > 0)
        Config::SetDefault("ns3::TcpSocketBase::MaxSegLifetime",
                           DoubleValue(settings.time_wait_s / 2));
}

/* Cables between the first node, the server, and the second; or from the last node, a router, to all others. */
NetDeviceContainer BuildNetwork(const NodeContainer &nodes, bool fifo)
{
    InternetStackHelper internet;
    internet.SetIpv6StackInstall(false);
    internet.Install(nodes);
    PointToPointHelper cable;
    cable.SetDeviceAttribute("DataRate", DataRateValue(DataRate((uint64_t)settings.rate_bps)));
    cable.SetChannelAttribute("Delay", TimeValue(Seconds(settings.delay_s)));
    if (fifo)
        cable.SetQueue("ns3::DropTailQueue", "MaxSize", StringValue("4294967295p"));
    Ipv4AddressHelper addresses("10.0.0.0", "255.255.255.252");
    NetDeviceContainer all;
    Ptr<Node> hub = nodes.Get(nodes.GetN() - 1);
    for (uint32_t i = 0; i + 1 < nodes.GetN(); i++) {
        NetDeviceContainer ends = cable.Install(nodes.Get(i), hub);
        addresses.Assign(ends);
        addresses.NewNetwork();
        all.Add(ends);
    }
    for (uint32_t i = 0; settings.loss > 0 && i < all.GetN(); i++) {
        Ptr<RateErrorModel> errors = CreateObject<RateErrorModel>();
        errors->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
        errors->SetRate(settings.loss);
        all.Get(i)->SetAttribute("ReceiveErrorModel", PointerValue(errors));
    }
    if (fifo)
        TrafficControlHelper().Uninstall(all);
    Ipv4GlobalRoutingHelper::PopulateRoutingTables();
    return all;
}

uint64_t Packets(const NetDeviceContainer &devices)
{
    uint64_t packets = 0;
    for (uint32_t i = 0; i < devices.GetN(); i++)
        packets += DynamicCast<PointToPointNetDevice>(devices.Get(i))
                       ->GetQueue()
                       ->GetTotalReceivedPackets();
    return packets;
}

struct Sample {
    double cpu_s;
    uint64_t requests, packets, events;
};

void Take(Sample *sample, const NetDeviceContainer *devices)
{
    *sample = {hold_cpu_s(), requests, Packets(*devices), Simulator::GetEventCount()};
}

} // namespace

int main(int argc, char **argv)
{
    std::string queue = "fifo", scheduler;
    CommandLine command;
    command.AddValue("queue", "fifo or default", queue);
    command.AddValue("scheduler", "type of event queue", scheduler);
    command.Parse(argc, argv);
    settings = Read(Parameters(std::cin));
    SetDefaults();
    if (!scheduler.empty()) {
        ObjectFactory factory;
        factory.SetTypeId(scheduler);
        Simulator::SetScheduler(factory);
    }
    NodeContainer nodes(settings.direct ? 2 : 1 + settings.machines + 1);
    NetDeviceContainer devices = BuildNetwork(nodes, queue == "fifo");
    Ptr<Socket> listener = Socket::CreateSocket(nodes.Get(0), TcpSocketFactory::GetTypeId());
    listener->Bind(InetSocketAddress(Ipv4Address::GetAny(), HTTP_PORT));
    listener->Listen();
    listener->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address &>(),
                                MakeCallback(&Accept));
    std::vector<Client> clients(settings.clients);
    Ptr<UniformRandomVariable> start = CreateObject<UniformRandomVariable>();
    for (uint32_t i = 0; i < settings.clients; i++) {
        clients[i].Init(nodes.Get(1 + i % settings.machines));
        Simulator::Schedule(Seconds(start->GetValue(0, settings.spread_s)), &Client::Begin,
                            &clients[i]);
    }
    Sample before, after;
    Simulator::Schedule(Seconds(settings.warmup_s), &Take, &before, &devices);
    Simulator::Stop(Seconds(settings.warmup_s + settings.duration_s));
    Simulator::Run();
    Take(&after, &devices);
    printf("%.9g %.9g %llu %llu %llu %.4f %.1f %.2f\n", latency_sum_s / (double)measured,
           (double)measured / settings.duration_s,
           (unsigned long long)(after.requests - before.requests),
           (unsigned long long)(after.packets - before.packets),
           (unsigned long long)(after.events - before.events), after.cpu_s - before.cpu_s,
           hold_peak_mib(), hold_own_mib());
    _exit(fflush(stdout)); /* taking the world down is no part of it */
}
